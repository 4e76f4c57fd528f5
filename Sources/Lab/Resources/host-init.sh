#!/bin/sh
# PID 1 of a lab's host: plugs it into the lab's switch, gives it a view of the file system of its own, starts its
# daemons, then reaps orphans. When this process ends, the kernel ends everything else of the host.
#
# Environment: STATE (directory of this host), HOST_NAME, NUMBER, SWITCH (process id of the switch), ADDRESS (with
# length), SHARED (directory that all hosts see).
# Standard input is the lifeline: the host lives until its end, or on its own after the line "stay".
set -eu

# Writes this process's id outside and its start time: together they name a process for ever.
register() {
  read -r stat </proc/self/stat
  # shellcheck disable=SC2086
  set -- $stat
  echo "$1 ${22}" >"$STATE/process.new"
  mv "$STATE/process.new" "$STATE/process"
}

# Makes device $1 here with its other end as port $2 of bridge $3 of the switch.
plug() {
  ip link add "$1" type veth peer name "$2" netns "/proc/$SWITCH/ns/net"
  nsenter --net="/proc/$SWITCH/ns/net" ip link set "$2" master "$3" up
  ip link set "$1" up
}

network() {
  for setting in /proc/sys/net/bridge/bridge-nf-call-*; do
    if [ -e "$setting" ]; then echo 0 >"$setting"; fi
  done
  ip link set lo up
  plug management "m$NUMBER" management
  ip address add "$ADDRESS" dev management
  plug guests "g$NUMBER" guests
  ip link add br0 type bridge stp_state 0 forward_delay 0
  ip link set guests master br0
  ip link set br0 up
}

# Binds $1 over the file $2 where the machine has that file.
cover() {
  if [ -e "$2" ]; then mount --bind "$1" "$2"; fi
}

files() {
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/sshd /run/lock
  mkdir -m 750 /run/chrony
  mount --bind "$STATE/root" /root
  mount --bind "$STATE/etc/libvirt" /etc/libvirt
  mount --bind "$STATE/lib" /var/lib/libvirt
  mount --bind "$STATE/cache" /var/cache/libvirt
  mount --bind "$STATE/log" /var/log/libvirt
  for file in hosts hostname machine-id shadow; do cover "$STATE/etc/$file" "/etc/$file"; done
  # Read-only: a device that libvirtd can write would count as usable KVM, and be probed at every XML.
  if [ -e /dev/kvm ]; then
    mount --bind "$STATE/etc/no-kvm" /dev/kvm
    mount -o remount,bind,ro /dev/kvm
  fi
  # libvirt takes this file system type for a shared one, as it would a cluster's.
  bindfs --no-allow-other -o fsname=migrate-lab,subtype=glusterfs "$SHARED" /var/lib/libvirt/shared
}

exec 3<&0 </dev/null
register
network
echo "$HOST_NAME" >/proc/sys/kernel/hostname
files
mount -t proc proc /proc
mount -t sysfs sysfs /sys
# -x: it watches the machine's clock and never sets it.
chronyd -x -u root -f "$STATE/etc/chrony.conf" 3<&-
/usr/sbin/sshd -f "$STATE/etc/sshd_config" -E "$STATE/log/sshd.log" 3<&-
virtlogd 3<&- &
libvirtd --listen 3<&- &

(
  read -r word <&3 && [ "$word" = stay ] && exec sleep infinity 3<&-
) &
exec 3<&-
wait $! || true
