# A writer on the lab "t" that shakes hands anew for each write, in the test's folder:
#
#   writer            `writer & WRITER=$!`: one process for each key w1, w2, ...; acked, failed and reasons are files
#   writer_ends       ends it: nothing has failed, what was acknowledged is there, all members have the same
#   tls NAME          the path of a file of the lab's certificates
#
# load it behind harness/lab.

# shellcheck shell=bash

writer() {
    local i
    for ((i = 1; ; i++)); do
        [[ ! -e enough ]] || return 0
        if "$QUORATE" --cluster lab:t put "w$i" "v$i" >/dev/null 2>>reasons; then
            echo "w$i" >>acked
        else
            echo "w$i" >>failed
        fi
        sleep 0.02
    done
}

writer_ends() {
    touch enough
    wait "$WRITER"
    WRITER=
    [[ ! -e failed ]] || { cat reasons; false; }
    [[ $(wc -l <acked) -gt 10 && $(hashes | wc -l) -eq 1 ]]
    q get w --prefix --keys-only | grep -v '^$' | sort >there
    [[ -z $(sort acked | comm -23 - there) ]]
}

tls() {
    printf '%s/tls/%s' "$(lab_dir)" "$1"
}
