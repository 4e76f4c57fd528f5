# Sourced by demo.sh and run.sh: makes sure that this machine has what the project needs, by package name.
# Debian 12 or newer, root, Swift 6.2 or newer. Installs only what is missing and says so; safe to run again.

packages=(
  libvirt-dev libssh-dev libxml2-dev libsqlite3-dev pkg-config # to build
  libvirt-daemon-system libvirt-clients qemu-system-x86 openssh-server openssh-client # the lab's hosts
  chrony faketime nftables # their clocks and firewalls
  busybox-static kmod bindfs # its guests and their storage
  iproute2 iputils-ping util-linux # its networks
  openssl # certificates of its hosts
  netcat-openbsd python3-jsonschema # what tests look with
)

fail() {
  echo "$*" >&2
  exit 1
}

# Packages of the list that dpkg does not call installed.
missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# The lab starts daemons of its own: the packages' services are kept from starting on this machine.
install_quietly() {
  local policy=/usr/sbin/policy-rc.d log
  log=$(mktemp)
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  {
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  } >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "These packages could not be installed: $*. Is this machine offline? The whole log is in $log"
  }
  rm -f "$log"
  if [ "$(cat "$policy" 2>/dev/null)" = "$(printf '#!/bin/sh\nexit 101')" ]; then rm -f "$policy"; fi
  trap - EXIT
}

set_up() {
  [ "$(id -u)" = 0 ] || fail "Run this as root: the lab makes network namespaces, mounts and virtual machines."
  command -v apt-get >/dev/null || fail "This needs Debian 12 or newer (apt-get is not here)."
  command -v swift >/dev/null || fail "Swift is not on the PATH; install it from https://www.swift.org/install/linux/"
  local missing
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" -gt 0 ]; then
    echo "Installing ${missing[*]}" >&2
    install_quietly "${missing[@]}"
  fi
}

# Builds the release tool and prints nothing unless it fails; static, so that it starts fast and can be copied.
build_release() {
  local log
  log=$(mktemp)
  echo "Building a release of migrate (some minutes the first time)" >&2
  swift build -c release --static-swift-stdlib --product migrate >"$log" 2>&1 || {
    cat "$log" >&2
    fail "The build failed."
  }
  rm -f "$log"
}
