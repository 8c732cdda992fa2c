{{- /* Names, labels and the image of the app: what several objects share. */}}

{{- define "app.name" -}}
gourmetgram-app
{{- end }}

{{- define "app.namespace" -}}
{{- if not .Values.environment }}
{{- fail "No environment: render with the values file of staging, canary or production." }}
{{- end -}}
gourmetgram-{{ .Values.environment }}
{{- end }}

{{- define "app.image" -}}
{{- $digest := .Values.release.digest }}
{{- if or (not .Values.image.name) (contains ":" .Values.image.name) (contains "@" .Values.image.name) }}
{{- fail (printf "image.name is %q: give the name alone, such as gourmetgram-app. Our own images are addressed by digest only, because a tag (latest above all) names another image tomorrow." .Values.image.name) }}
{{- end }}
{{- if not .Values.image.registry }}
{{- fail "image.registry is empty: render with the values file of a site, or set the registry that this site pulls from." }}
{{- end }}
{{- if not $digest }}
{{- fail "release.digest is empty: an image of ours is named by digest only. Give --set release.digest=sha256:… as `bake` printed it." }}
{{- end }}
{{- if not (regexMatch "^sha256:[0-9a-f]{64}$" $digest) }}
{{- fail (printf "release.digest is %q, which is no digest: it is sha256: and 64 hexadecimal digits, as `bake` printed it." $digest) }}
{{- end -}}
{{ .Values.image.registry }}/{{ .Values.image.name }}@{{ $digest }}
{{- end }}

{{- /* Does this environment keep requests? Empty means no. */}}
{{- define "app.records" -}}
{{- if has .Values.environment .Values.recordings.environments }}yes{{ end }}
{{- end }}

{{- /* Room for the recordings, and for the one that is being written. */}}
{{- define "app.recordingsSize" -}}
{{ add .Values.recordings.megabytes 32 }}Mi
{{- end }}

{{- define "app.selector" -}}
app.kubernetes.io/name: {{ include "app.name" . }}
gourmetops/environment: {{ .Values.environment }}
{{- end }}

{{- define "app.labels" -}}
{{ include "app.selector" . }}
app.kubernetes.io/part-of: gourmetgram
app.kubernetes.io/managed-by: gourmetops
{{- end }}

{{- /* The facts of the release, on the Deployment and on each of its pods. */}}
{{- define "app.facts" -}}
gourmetops/model-version: {{ .Values.release.version | quote }}
gourmetops/digest: {{ .Values.release.digest | quote }}
gourmetops/commit: {{ .Values.release.commit | quote }}
gourmetops/run: {{ .Values.release.run | quote }}
gourmetops/data-hash: {{ .Values.release.data_hash | quote }}
{{- end }}
