{{- /* Labels, images and security settings: what several objects share. */}}

{{- define "platform.selector" -}}
app.kubernetes.io/name: {{ . }}
{{- end }}

{{- define "platform.labels" -}}
{{ include "platform.selector" . }}
app.kubernetes.io/part-of: gourmetgram
app.kubernetes.io/managed-by: gourmetops
{{- end }}

{{- /* An image of other people: exact version, and digest where it is known. */}}
{{- define "platform.image" -}}
{{- if not .repository }}
{{- fail "An image has no repository: give one, such as docker.io/library/postgres." }}
{{- end }}
{{- if or (not .tag) (eq .tag "latest") (hasSuffix "latest" .tag) (hasPrefix "latest-" .tag) }}
{{- fail (printf "The image %s has the tag %q, which names another image tomorrow. Give its exact version, such as 18.1." .repository .tag) }}
{{- end }}
{{- if not (regexMatch "[0-9]+[.-][0-9]+" .tag) }}
{{- fail (printf "The image %s has the tag %q, which is no exact version: give one with all its parts, such as 18.1." .repository .tag) }}
{{- end -}}
{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "platform.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "platform.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "platform.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests: { storage: {{ .size }} }
{{- end }}
