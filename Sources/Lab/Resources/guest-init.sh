#!/bin/sh
# PID 1 of a lab's guest: loads the drivers, takes its address, answers pings and works as the kernel command line says:
# lab.address=ADDRESS/LENGTH, lab.dirty=MiB-A-SECOND, lab.working_set=MiB, lab.keeper=MiB,CHANGED-MiB-A-SECOND[,PATTERN[,BEAT-US]].
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
exec </dev/console >/dev/console 2>&1

for module in /modules/*.ko; do insmod "$module"; done

address= dirty=0 working_set=0 keeper=
read -r line </proc/cmdline
for word in $line; do
  case $word in
    lab.address=*) address=${word#*=} ;;
    lab.dirty=*) dirty=${word#*=} ;;
    lab.working_set=*) working_set=${word#*=} ;;
    lab.keeper=*) keeper=${word#*=} ;;
  esac
done

ip link set lo up
if [ -n "$address" ] && [ -e /sys/class/net/eth0 ]; then
  # The device comes up with its address and says so: another guest may have had it a moment ago.
  echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify
  ip address add "$address" dev eth0
  ip link set eth0 up
fi

# Hundredths of a second since the boot.
now() {
  read -r uptime _ </proc/uptime
  hundredths=${uptime#*.}
  echo $((${uptime%.*} * 100 + ${hundredths#0}))
}

# Writes $1 MiB a second over and over into a file of $2 MiB in memory; each pass writes other contents, because what
# samples pages sees a change of contents and not the act of writing.
work() {
  mkdir -p /work
  mount -t tmpfs -o size=100% tmpfs /work
  dd if=/dev/urandom of=/work/pool bs=1M count=2 2>/dev/null
  pages=$(($2 * 256)) page=0 pass=0
  step=$(($1 * 256 / 10))
  [ "$step" -gt 0 ] || step=1
  due=$(now)
  while :; do
    count=$step
    [ "$count" -le 256 ] || count=256
    [ $((page + count)) -le "$pages" ] || count=$((pages - page))
    dd if=/work/pool of=/work/set bs=4k count="$count" skip=$(((page + pass) % 256)) seek="$page" conv=notrunc 2>/dev/null
    page=$((page + count))
    if [ "$page" -ge "$pages" ]; then page=0 pass=$((pass + 1)); fi
    due=$((due + count * 100 / ($1 * 256)))
    late=$(($(now) - due))
    if [ "$late" -lt 0 ]; then usleep $((-late * 10000)); elif [ "$late" -gt 100 ]; then due=$(now); fi
  done
}

echo "lab guest ready"
if [ "$dirty" -gt 0 ] && [ "$working_set" -gt 0 ]; then work "$dirty" "$working_set" & fi

# The device of the port by which the keeper beats. The host names its ports some time after their driver is loaded.
port() {
  tries=0
  while [ "$tries" -lt 200 ]; do
    for file in /sys/class/virtio-ports/*/name; do
      [ -e "$file" ] && read -r name <"$file" || continue
      [ "$name" = migrate.beat ] || continue
      file=${file%/name}
      echo "/dev/${file##*/}"
      return
    done
    usleep 50000
    tries=$((tries + 1))
  done
  echo "no port migrate.beat" >/dev/console
}
if [ -n "$keeper" ]; then
  IFS=,
  set -- $keeper
  unset IFS
  # A beat needs a port to go to.
  if [ $# -gt 3 ]; then set -- "$@" "$(port)"; fi
  keeper "${address%/*}" "$@" &
fi
while :; do wait; sleep 3600; done
