# Shared by Tools/start and Tools/test: what this machine needs, and how to say that it is missing. To be sourced.
# shellcheck shell=bash

# All that Marram is built from, besides the Swift toolchain. The one list.
build_packages=(libuv1-dev libsodium-dev libsqlite3-dev libzstd-dev pkg-config)

say() { printf '%s\n' "$*"; }

# An error for a person: what is wrong, because of what, what to try.
complain() {
    printf '✗ %s\n  because  %s\n  try      %s\n' "$1" "$2" "$3" >&2
    exit 1
}

need_swift() {
    local version major minor
    command -v swift >/dev/null || complain "there is no Swift toolchain" \
        "no program called swift is on the PATH$([ -n "${SUDO_USER:-}" ] && printf ', and sudo has a PATH of its own')" \
        "install it from https://www.swift.org/install/ and put it on the PATH (with sudo: sudo env PATH=\"\$PATH\" …)"
    version=$(swift --version 2>&1 | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] || complain "the Swift toolchain does not run" \
        "swift --version says: $(swift --version 2>&1 | head -n 1)" \
        "install what it misses, or another toolchain from https://www.swift.org/install/"
    major=${version%.*} minor=${version#*.}
    if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
        complain "this Swift toolchain is too old" "it is version $version, and Marram is written for 6.2 and newer" \
            "install a newer one from https://www.swift.org/install/"
    fi
}

is_installed() { [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }

# Installs those of the packages in the arguments that are missing, and says so.
install_missing() {
    local package missing=() as_root=()
    for package in "$@"; do is_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || complain "cannot install ${missing[*]}" \
        "this machine has no apt-get, and the packages of other systems have other names" \
        "install the headers of libuv, libsodium, SQLite and zstd and pkg-config by hand, then: swift build"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || complain "cannot install ${missing[*]}" \
            "you are not root, and there is no sudo" "as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    local log=$work/apt.log
    if ! { "${as_root[@]}" apt-get update -q -o APT::Update::Error-Mode=any \
        && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        complain "cannot install ${missing[*]}" "apt-get failed as shown above; most often there is no network" \
            "check the network and /etc/apt/sources.list, then: apt-get update && apt-get install ${missing[*]}"
    fi
}
