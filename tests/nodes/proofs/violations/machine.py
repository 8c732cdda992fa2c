"""One violation of every promise about the machine itself and who comes in.

Paths such as /root and /home/cc are those of the test machine, a container of its own.
"""

from tests.nodes.proofs.violations.shell import Violation, edited, mode, sshd, stopped

SYSTEM = {
    "packages": Violation(
        "dpkg --purge --force-depends ipset > /dev/null",
        "apt-get -qq -y --no-install-recommends install ipset > /dev/null",
        "ipset not installed",
    ),
    "unwanted-packages": Violation(
        # An entry in dpkg's list is what a package is, to whoever asks dpkg.
        "cp -p /var/lib/dpkg/status /root/kept && printf 'Package: telnetd\\nStatus: install ok "
        "installed\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: a\\n\\n' "
        ">> /var/lib/dpkg/status",
        "cp -p /root/kept /var/lib/dpkg/status",
        "telnetd installed",
    ),
    "services": stopped("systemd-resolved"),
    "failed-units": Violation(
        "systemd-run --quiet --unit=broken false; sleep 0.5",
        "systemctl reset-failed broken",
        "broken.service failed",
    ),
    "sysctls": Violation(
        "sysctl -q -w net.ipv4.ip_forward=0",
        "sysctl -q -w net.ipv4.ip_forward=1",
        "net.ipv4.ip_forward is 0, and 1 is promised",
    ),
    "modules": edited(
        "/etc/modules-load.d/60-gourmetops.conf", "overlay", "#", "names overlay",
    ),
    "swap": Violation(
        "cp /proc/swaps /root/swaps && echo '/swap.img file 1 0 -2' >> /root/swaps && "
        "mount --bind /root/swaps /proc/swaps",
        "umount /proc/swaps",
        "swap is on (/swap.img)",
    ),
    "swap-at-boot": Violation(
        "touch /etc/fstab && cp -p /etc/fstab /root/kept && "
        "echo '/swap.img none swap sw 0 0' >> /etc/fstab",
        "cp -p /root/kept /etc/fstab",
        "/etc/fstab turns on /swap.img at each boot",
    ),
    "firewall": Violation(
        "printf '[Service]\\nExecStart=sleep infinity\\n' > /run/systemd/system/firewalld.service "
        "&& systemctl daemon-reload && systemctl start firewalld",
        "systemctl stop firewalld && rm /run/systemd/system/firewalld.service && "
        "systemctl daemon-reload",
        "firewalld runs",
    ),
    "clock-service": Violation(
        "systemctl disable --quiet chrony", "systemctl enable --quiet chrony",
        "none of chrony, chronyd, systemd-timesyncd, ntpsec, ntp is enabled",
    ),
    "time-zone": Violation(
        "ln -sfn /usr/share/zoneinfo/Europe/Berlin /etc/localtime",
        "ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime",
        "its time zone is Europe/Berlin, and UTC is promised",
    ),
    "inodes": Violation(
        "mount -t tmpfs -o nr_inodes=20 tmpfs /var && (cd /var && touch 1 2 3 4 5 6 7 8 9 10 11 "
        "12 13 14 15 16 17 18)",
        "umount /var",
        "/var has 5 % of its inodes left",
    ),
    "volume": Violation(
        "umount /mnt/data", "mount /mnt/data",
        "no disk is mounted at /mnt/data: what is written there goes with the node",
    ),
    "host-name": Violation("hostname other", "hostname node1", "it is called other"),
    "host-names": edited(
        "/etc/hosts", "192.168.1.11 node1", "192.168.1.99 node1",
        "/etc/hosts does not say that node1 is 192.168.1.11",
    ),
    "machine-id": Violation(
        "cp -p /etc/machine-id /root/kept && : > /etc/machine-id",
        "cp -p /root/kept /etc/machine-id",
        "/etc/machine-id is empty or broken",
    ),
    "ipv6": Violation(
        "sysctl -q -w net.ipv6.conf.ens3.disable_ipv6=0",
        "sysctl -q -w net.ipv6.conf.ens3.disable_ipv6=1",
        "IPv6 is on at the interface to the Internet",
    ),
    "name-servers": Violation(
        "rm /etc/resolv.conf && echo 'nameserver 10.56.0.1' > /etc/resolv.conf",
        "ln -sfn ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
        "/etc/resolv.conf is not systemd-resolved's",
    ),
    "system-files": mode(
        "/etc/shadow", "640", "644", "/etc/shadow has mode 0644, and 0640 is the most",
    ),
    "world-writable": mode(
        "/usr/local/bin/kubelet", "755", "757", "everybody may write /usr/local/bin/kubelet",
    ),
}  # fmt: skip
ACCESS = {
    "ssh-passwords": sshd("PasswordAuthentication", "yes", "passwordauthentication yes"),
    "ssh-questions": sshd(
        "KbdInteractiveAuthentication", "yes", "kbdinteractiveauthentication yes"
    ),
    "ssh-empty-passwords": sshd("PermitEmptyPasswords", "yes", "permitemptypasswords yes"),
    "ssh-root": sshd("PermitRootLogin", "yes", "permitrootlogin yes, and no is promised"),
    "ssh-x11": sshd("X11Forwarding", "yes", "x11forwarding yes"),
    "ssh-agent": sshd("AllowAgentForwarding", "yes", "allowagentforwarding yes"),
    "ssh-limits": sshd("MaxAuthTries", "20", "sshd has maxauthtries 20, and 4 is the most"),
    "ssh-host-keys": mode(
        "/etc/ssh/ssh_host_ed25519_key", "600", "640", "/etc/ssh/ssh_host_ed25519_key has mode 0640"
    ),
    "authorized-keys": Violation(
        "chown ada /home/cc/.ssh/authorized_keys",
        "chown cc /home/cc/.ssh/authorized_keys",
        "/home/cc/.ssh/authorized_keys belongs to ada, and not to cc or root",
    ),
    "users": Violation(
        "cp -p /etc/passwd /root/kept && sed -i '/^ada:/d' /etc/passwd",
        "cp -p /root/kept /etc/passwd",
        "ada has no account",
    ),
    "strangers": Violation(
        "useradd --no-create-home --shell /bin/bash eve && usermod -p '!' eve",
        "userdel eve",
        "eve may log in, and the site's file knows them not",
    ),
    "one-root": Violation(
        "cp -p /etc/passwd /root/kept && echo 'toor:x:0:0::/root:/usr/sbin/nologin' >> /etc/passwd",
        "cp -p /root/kept /etc/passwd",
        "toor is root by another name",
    ),
    "no-passwords": Violation(
        "echo ada:secret | chpasswd", "usermod -p '!' ada", "ada has a password"
    ),
    "sudo": Violation(
        "echo 'games ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/games",
        "rm /etc/sudoers.d/games",
        "sudo lets games in",
    ),
    "rootlike-groups": Violation(
        "usermod -aG docker ada", "gpasswd --delete ada docker > /dev/null",
        "ada is in the group docker, which is root in all but name",
    ),
}  # fmt: skip
