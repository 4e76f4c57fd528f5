#!/bin/sh
# The peer of `migrate --check`: the same questions, asked by hand with virsh and ssh.
#
#   check-by-hand.sh SOURCE_URI DESTINATION_URI SSH_CONFIG SOURCE_HOST DESTINATION_HOST DOMAIN...
#
# One question after the other, each with a command of its own, as an operator types them: every virsh opens a
# connection and every ssh a session; nothing is shared (no ControlMaster), nothing runs side by side, no two questions
# are put into one command. Nothing is asked twice either: a host is asked once a run, and what a domain makes necessary
# is asked once for that domain (its emulator on the destination: once for each emulator). What the tool takes from a
# saved answer, such as the bridges from the list of links, is taken from a saved answer here.
#
# Prints the differences that it sees, and what could not be asked. Paths with line breaks or with characters that XML
# escapes are not understood.
set -u
LC_ALL=C
export LC_ALL

[ $# -ge 6 ] || { sed -n 's/^#   //p' "$0" >&2; exit 64; }
source_uri=$1 destination_uri=$2 ssh_config=$3 source_host=$4 destination_host=$5
shift 5
work=$(mktemp -d) || exit
nonce=by-hand-$$-$(date +%s)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit

# --- Asking ---------------------------------------------------------------------------------------------------------

on() { # on SIDE COMMAND: a command of the host's shell, in a session of its own
  case $1 in source) host=$source_host ;; *) host=$destination_host ;; esac
  shift
  ssh -n -F "$ssh_config" -o BatchMode=yes -o ConnectTimeout=10 "$host" "LC_ALL=C PATH=\$PATH:/usr/sbin:/sbin; $*"
}

libvirt() { # libvirt SIDE WORD...: a virsh of its own
  case $1 in source) uri=$source_uri ;; *) uri=$destination_uri ;; esac
  shift
  virsh -q -c "$uri" "$@" </dev/null
}

ask() { # ask SIDE NAME COMMAND...: the answer goes to the file NAME.SIDE
  side=$1 name=$2
  shift 2
  command=$1
  shift
  "$command" "$side" "$@" >"$name.$side" 2>&1 && return
  echo "$name: the $side did not answer: $(head -n 1 "$name.$side")"
  return 1
}

both() { # both NAME COMMAND...
  ask source "$@"
  ask destination "$@"
}

same() { # same NAME: says where the two hosts' answers differ
  diff "$1.source" "$1.destination" >"$1.diff" 2>&1 && return
  echo "$1 differs:"
  sed -n 's/^</  source:     /p; s/^>/  destination:/p' "$1.diff" | head -n 10
}

quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

field() { sed -n "s/^ *$1 *//p" "$2" | head -n 1; } # field PATTERN FILE: what stands behind it

# --- The hosts ------------------------------------------------------------------------------------------------------

libvirt_of_hosts() {
  both hostname libvirt hostname
  cmp -s hostname.source hostname.destination && echo "both hosts are named $(cat hostname.source)"
  grep '^localhost' hostname.destination && echo "the destination is a localhost"
  both version libvirt version --daemon
  same version
  both capabilities libvirt capabilities
  for side in source destination; do
    sed -n 's/.*<uuid>\(.*\)<.uuid>.*/\1/p' capabilities.$side | head -n 1 >uuid.$side
    sed -n '/<secmodel>/,/<.secmodel>/p' capabilities.$side >secmodel.$side
    sed -n "s/.*<counter name='tsc'//p" capabilities.$side >tsc.$side
  done
  cmp -s uuid.source uuid.destination && echo "both hosts have the UUID $(cat uuid.source)"
  same secmodel
  same tsc
  listed network net-list net-dumpxml
  listed pool pool-list pool-dumpxml
  both nwfilters libvirt nwfilter-list
  both secrets libvirt secret-list
  both domains libvirt list --all --uuid --name
}

listed() { # listed NAME LIST DUMP: everything of a kind that either host has, with its definition
  both "$1s" libvirt "$2" --all --name
  # `pool-list --name` pads its names.
  sed -i 's/ *$//; /^$/d' "$1s.source" "$1s.destination"
  sort -u "$1s.source" "$1s.destination" >"$1s"
  while IFS= read -r thing; do
    for side in source destination; do
      grep -qxF -- "$thing" "$1s.$side" || { echo "$1 $thing is not on the $side"; continue; }
      ask $side "$1-$thing" libvirt "$3" "$thing"
    done
    [ -e "$1-$thing.source" ] && [ -e "$1-$thing.destination" ] && same "$1-$thing"
  done <"$1s"
}

shells_of_hosts() {
  both kernel on uname -r
  same kernel
  both cpuinfo on "sed '/^\$/q' /proc/cpuinfo"
  for side in source destination; do
    sed -n 's/^flags.*: //p' cpuinfo.$side | tr ' ' '\n' | sort >flags.$side
    grep -E '^(vendor_id|cpu family|model|stepping|microcode)' cpuinfo.$side >cpu.$side
  done
  missing=$(comm -23 flags.source flags.destination | tr '\n' ' ')
  [ -z "$missing" ] || echo "the destination's CPU lacks: $missing"
  same cpu
  both nested on "cat /sys/module/kvm_intel/parameters/nested /sys/module/kvm_amd/parameters/nested 2>/dev/null || :"
  same nested
  both meminfo on cat /proc/meminfo
  both hugepages on "grep -s . /sys/devices/system/node/node*/hugepages/*/*_hugepages || :"
  both nodes on cat /sys/devices/system/node/online
  both cpus on cat /sys/devices/system/cpu/online
  both load on cat /proc/loadavg
  both limits on 'cd "/proc/$(pidof virtqemud || pidof libvirtd)" && grep -h -e "^Max locked" -e ^CapEff limits status'
  both links on ip -d -o link show
  both addresses on ip -o address show
  both ports on ss -ltnH
  both mounts on cat /proc/self/mountinfo
  both qemu.conf on "sed -e '/^ *#/d' -e '/^\$/d' /etc/libvirt/qemu.conf"
  same qemu.conf
  both locks on "cat /etc/libvirt/qemu-lockd.conf /etc/libvirt/qemu-sanlock.conf 2>/dev/null || :"
  same locks
  both secret-values on "ls /etc/libvirt/secrets"
  both swtpm on "command -v swtpm >/dev/null || { echo none; exit 0; }; swtpm --version"
  same swtpm
  ask destination sshd on sshd -T
  both clock-sync on "chronyc -c tracking || timedatectl show -p NTP -p NTPSynchronized"
  clock source
  clock destination
  awk 'NR == FNR { a = $1; e = $2; next } { d = $1 - a; e += $2
    if (d < 0) d = -d
    if (d + e > 0.01) printf "the clocks may differ: by %.3f s, or %.3f s more or less\n", d, e }' \
    offset.source offset.destination
}

clock() { # clock SIDE: how far its clock is ahead of this one, and the most that may be wrong with that
  before=$(date +%s.%N)
  ask "$1" clock on date +%s.%N
  echo "$before $(cat "clock.$1") $(date +%s.%N)" | awk '{ print $2 - ($1 + $3) / 2, ($3 - $1) / 2 }' >"offset.$1"
}

way() { # The way from the source to the destination: name, packet size, port
  name=$(sed -n 's/^migration_host *= *"\(.*\)"/\1/p' qemu.conf.destination)
  [ -n "$name" ] || name=$(cat hostname.destination)
  ask source resolved on getent ahosts "$(quoted "$name")"
  address=$(sed 's/ .*//; q' resolved.source)
  grep -qF " $address/" addresses.destination || echo "$name leads to $address, which is not the destination"
  ask source mtu on "ping -n -q -c 1 -W 1 -M do -s 1472 $(quoted "$address")"
  port=$(field 'migration_port_min *= *' qemu.conf.destination)
  until ! grep -q ":${port:=49152} " ports.destination; do port=$((port + 1)); done
  # Refused is good enough: it was reached, and nothing listens there yet.
  ask source port on "nc -z -v -w 3 $(quoted "$address") $port 2>&1 | grep -E 'succeeded|refused'"
}

# --- The domains ----------------------------------------------------------------------------------------------------

# What a domain's XML names, one thing a line: its kind and its name.
named='
  function attribute(name) {
    if (!match($0, " " name "=" q "[^" q "]*")) return ""
    return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
  }
  function tell(kind, value) { if (value != "") print kind, value }
  function content() { gsub(/^[^>]*>|<.*$/, ""); return $0 }
  /^<domain / { tell("type", attribute("type")) }
  /^    <type / { tell("arch", attribute("arch")); tell("machine", attribute("machine")) }
  /^  <memory / { tell("memory", content()) }
  /<emulator>/ { tell("emulator", content()) }
  /^    <(kernel|initrd|loader|nvram)/ { tell("file", content()) }
  /^    <disk / { inside = "disk" }
  /^    <interface / { inside = "interface" }
  /^    <(serial|console|rng|filesystem) / { inside = "device" }
  /^    <\// { inside = "" }
  inside == "disk" && /<source / {
    tell("disk", attribute("file") attribute("dev"))
    if (attribute("pool") != "") print "volume", attribute("pool"), attribute("volume")
  }
  inside == "disk" && /^      <target / { tell("target", attribute("dev")) }
  inside == "interface" && /<source / {
    tell("network", attribute("network"))
    tell("link", attribute("bridge") attribute("dev"))
  }
  inside == "interface" && /<filterref / { tell("filter", attribute("filter")) }
  inside == "device" && /<source path=/ { tell("file", attribute("path")) }
  /<graphics / { tell("listen", attribute("listen")) }
  /<secret / { tell("secret", attribute("uuid")) }
'

domain() { # domain NAME
  domain=$1
  ask source xml libvirt dumpxml --update-cpu "$domain" || return
  awk -v q="'" "$named" xml.source >named
  ask source state libvirt domstate --reason "$domain"
  grep -qE '^(running|paused)' state.source || echo "$domain is $(cat state.source)"
  ask source info libvirt dominfo "$domain"
  ask source job libvirt domjobinfo "$domain"
  grep -q 'Job type: *None' job.source || echo "$domain has a job"
  ask source snapshots libvirt snapshot-list --name "$domain"
  ask source checkpoints libvirt checkpoint-list --name "$domain"
  cat snapshots.source checkpoints.source | sed -n "s/..*/$domain has the snapshot or checkpoint &/p"
  collision
  emulator
  memory=$(field memory named)
  available=$(field MemAvailable: meminfo.destination)
  [ "${memory:-0}" -lt "${available% kB}" ] || echo "$domain needs $memory KiB, the destination has $available"
  while read -r kind value; do
    case $kind in
      disk) disk "$value" ;;
      volume) both volume libvirt vol-path --pool "${value%% *}" "${value#* }" ;;
      target) block_job "$value" ;;
      file) file "$value" ;;
      link) there links ": $value:" "$value" ;;
      network) there networks "$value" "network $value" ;;
      filter) there nwfilters "$value" "filter $value" ;;
      secret) there secrets "$value" "secret $value" ;;
      listen) there addresses "${value%::*}" "address $value" ;;
    esac
  done <named
}

there() { # there LIST PATTERN THING: the destination's saved list must show it
  grep -qF -- "$2" "$1.destination" || echo "$domain uses $3, which the destination does not have"
}

collision() { # By name and by UUID, from the list
  uuid=$(field UUID: info.source)
  awk -v name="$domain" -v uuid="$uuid" \
    '$1 == uuid || substr($0, 38) == name { print "the destination has a domain", $0 }' domains.destination
}

emulator() { # Who runs it, who would run it there, and whether its CPU and machine are to be had
  emulator=$(field emulator named) type=$(field type named) arch=$(field arch named) machine=$(field machine named)
  ask source running on "\"/proc/\$(cat $(quoted "/run/libvirt/qemu/$domain.pid"))/exe\" --version"
  offered=emulator-$(printf %s "$emulator" | tr / -)
  [ -e "$offered.destination" ] || ask destination "$offered" on "$(quoted "$emulator")" --version
  cmp -s running.source "$offered.destination" || echo "$domain runs on $(head -n 1 running.source), it would run on" \
    "$(head -n 1 "$offered.destination")"
  grep -qF ">$machine<" capabilities.destination || echo "$domain is a $machine, which the destination does not have"
  ask destination comparison libvirt hypervisor-cpu-compare "$work/xml.source" --virttype "$type" --arch "$arch" \
    --machine "$machine" --emulator "$emulator"
}

block_job() { # block_job TARGET
  ask source blockjob libvirt blockjob "$domain" "$1" --info
  grep -qE 'No current block job|^$' blockjob.source || [ ! -s blockjob.source ] || echo "$domain has a block job on $1"
}

file() { both file on stat -L -c '%F' "$(quoted "$1")"; same file; }

disk() { # disk PATH: there on both sides, and the same
  path=$1
  both disk on stat -L -c "'%F %s %i'" "$(quoted "$path")"
  case $(cat disk.source) in
    block*) both device on "lsblk -ndo WWN,SERIAL,UUID $(quoted "$path")" && same device ;;
    *) shown "$(quoted "$(dirname "$path")/.$nonce")" ;;
  esac
}

shown() { # shown FILE: a file that is written on the source must be seen on the destination
  ask source write on "set -C; echo $nonce >$1"
  ask destination nonce on cat "$1"
  grep -qxF "$nonce" nonce.destination || echo "$path is not the same storage"
  ask source remove on rm -f "$1"
}

libvirt_of_hosts
shells_of_hosts
way
for name; do domain "$name"; done
