# shellcheck shell=bash
#
# Where this machine gets Debian's packages from: what its own apt configuration says, so that no
# name of a mirror stands in this repository.
#
#   mirrors [SUITE]      archive mirrors (that have a suite), one a line
#   signing_key MIRROR   the keyring that is for it, or nothing

# The archive mirrors that the machine's own apt configuration names, whatever its format: apt tells
# what it would fetch. Update, security and backports suites have mirrors without the others.
mirrors() {
    apt-get --print-uris update 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/${1:-[a-z]*}/InRelease'.*|\1|p" | sort -u
}

# The keyring that the machine's configuration gives a mirror, in a deb822 stanza or a one-line
# entry; nothing where it leaves the choice to apt's trusted keys.
signing_key() {
    # shellcheck disable=SC2016 # awk's dollars
    local program='
        !/^#[^\n]*$/ && index($0, uri) && match(tolower($0), /signed-by *[:=] *\/[^] \n,]+/) {
            key = substr($0, RSTART, RLENGTH); sub(/^[^\/]*/, "", key); print key; exit }'
    { find /etc/apt -name '*.list' -exec awk -v uri="${1%/}" "$program" {} \;
      find /etc/apt -name '*.sources' -exec awk -v RS= -v uri="${1%/}" "$program" {} \;
    } | sed -n '1p'
}
