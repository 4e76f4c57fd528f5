#!/bin/sh
# PID 1 of a lab's switch: a network namespace with one bridge for management and one for the guests' traffic.
# The bridges are not in the machine's own namespace: there, its firewall would filter what crosses them.
#
# Environment: STATE (directory), OUTSIDE (network namespace that reaches the lab), PREFIX (of the devices outside),
# MANAGEMENT and GUESTS (addresses with length of the outside ends).
# Standard input is the lifeline: the switch lives until its end, or on its own after the line "stay".
set -eu

# Connects bridge $1 to device $2 outside, which gets the address $3.
connect() {
  ip link add "$1" type bridge stp_state 0 forward_delay 0
  ip link add "$1-up" type veth peer name "$2" netns "$OUTSIDE"
  ip link set "$1-up" master "$1" up
  ip link set "$1" up
  nsenter --net="$OUTSIDE" ip address add "$3" dev "$2"
  nsenter --net="$OUTSIDE" ip link set "$2" up
}

# Writes this process's id outside and its start time: together they name a process for ever.
register() {
  read -r stat </proc/self/stat
  # shellcheck disable=SC2086
  set -- $stat
  echo "$1 ${22}" >"$STATE/process.new"
  mv "$STATE/process.new" "$STATE/process"
}

exec 3<&0 </dev/null
for setting in /proc/sys/net/bridge/bridge-nf-call-*; do
  if [ -e "$setting" ]; then echo 0 >"$setting"; fi
done
connect management "${PREFIX}m" "$MANAGEMENT"
connect guests "${PREFIX}g" "$GUESTS"
register

(
  read -r word <&3 && [ "$word" = stay ] && exec sleep infinity 3<&-
) &
exec 3<&-
wait $! || true
