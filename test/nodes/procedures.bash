# shellcheck shell=bash
#
# The procedures that change a cluster on hosts, for the sweeps of kills and faults: `load procedures` beside
# ../harness/nodes. The cluster has the members db1, db2 and db3; db4 is a host that has none. All tests of a file
# share it, since every round ends in the old state.
#
#   procedures_up LAYOUT              for setup_file: hosts, cluster, quorate.yaml; procedures_setup for setup. The hosts
#                                     in $PROCEDURES_DISKS have /var/lib/etcd on a small disk
#   procedure_command NAME            sets `command`: quorate's words
#   procedure_before NAME             makes what has to be so before it begins
#   procedure_goal NAME, procedure_old NAME      whether the cluster is as it should be after it, before it
#   procedure_voters NAME             the fewest voters that it announces
#   procedure_back NAME               after it, for those that cannot be undone: the old state again
#   procedure_can_be_undone NAME      whether the whole of it can be taken back
#   procedures_clean                  removes what was moved aside; old data is large
#   procedures_anew                   lays out the cluster anew, whatever is left of it
#   procedures_on LAYOUT              for a test: the same in another way, unless it is laid out so. "+tls" behind the
#                                     layout's name: with TLS
#   q ARGUMENT...                     quorate, where the hosts are reached
#
# quorate is the build with failpoints, beside the one that $QUORATE names.

procedures_up() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    QUORATE=$(dirname "$(dirname "$QUORATE")")/failpoints/quorate
    [[ -x $QUORATE ]] || { echo "there is no '$QUORATE': build it with -Dfailpoints=true" >&2; return 1; }
    export QUORATE QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_REPO=$BATS_FILE_TMPDIR/repo
    export PROCEDURES_LAYOUT=$1 NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    # So that joiners get a snapshot, and not each of the writer's entries.
    export NODES_SNAPSHOT_COUNT=1000
    local name
    nodes_up 4
    for name in ${PROCEDURES_DISKS:-}; do
        node_disk "$name" /var/lib/etcd 600M
        node_sh "$name" chown etcd: /var/lib/etcd
    done
    for name in db1 db2 db3 db4; do
        node_etcd_version "$name" "${QUORATE_TEST_ETCD:-3.5}"
    done
    QUORATE_STATE=$BATS_FILE_TMPDIR/state _procedures_cluster
}

procedures_setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
}

procedures_on() {
    PROCEDURES_LAYOUT=$1
    [[ $(cat "$BATS_FILE_TMPDIR/layout" 2>/dev/null) == "$1" ]] || procedures_anew || return 1
    _procedure_client
}

q() {
    inside "$QUORATE" "$@"
}

procedure_command() {
    command=(--cluster prod)
    case $1 in
        grow) command+=(member grow db4=ssh://root@db4) ;;
        shrink) command+=(member shrink db3) ;;
        replace) command+=(member replace db3) ;;
        replace-gone) command+=(member replace db3 --new db4=ssh://root@db4) ;;
        rescue) command+=(member rescue db1) ;;
        move) command+=(member move db3 --new db4=ssh://root@db4) ;;
        recover) command+=(recover) ;;
    esac
    [[ $PROCEDURES_LAYOUT != *+tls || $1 != @(grow|move|replace-gone) ]] || command+=(--pki "$BATS_FILE_TMPDIR/pki")
    command+=(--yes)
}

# The data of one member is lost, and nothing of it runs; its host is gone, or two are; or what is in the backup is not
# what is now. Who leaves leads, so that each step has something to do.
procedure_before() {
    case $1 in
        shrink | move) wait_for 60 _procedure_leads db3 ;;
        replace-gone) _procedure_off db3 && wait_for 30 q --cluster prod put color green >/dev/null ;;
        rescue)
            # Of the last two that have a quorum, each has all that was acknowledged.
            _procedure_off db3 && wait_for 30 q --cluster prod put color green >/dev/null && _procedure_off db2
            ;;
        replace)
            node_sh db3 sh -c 'systemctl stop etcd; rm -rf /var/lib/etcd/default' &&
                wait_for 30 q --cluster prod put color green >/dev/null && _procedures_note_files
            ;;
        recover) q --cluster prod put color blue >/dev/null ;;
    esac
}

procedure_goal() {
    case $1 in
        grow) wait_for 60 _procedure_members db1 db2 db3 db4 ;;
        shrink) wait_for 60 _procedure_members db1 db2 ;;
        replace) wait_for 60 _procedure_members db1 db2 db3 ;;
        move | replace-gone) wait_for 60 _procedure_members db1 db2 db4 ;;
        rescue) wait_for 60 _procedure_members db1 && _procedure_color green ;;
        recover) wait_for 60 _procedure_members db1 db2 db3 && _procedure_color green ;;
    esac
}

# Of a member that is lost nothing comes back: it is down, as before. Of a lost majority it does, which shows that the
# survivor is what it was.
procedure_old() {
    case $1 in
        replace) [[ $(_procedure_voters) == "db1 db2 db3" ]] && _procedure_untouched db3 ;;
        replace-gone) [[ $(_procedure_voters) == "db1 db2 db3" ]] && _procedure_free db4 ;;
        rescue)
            _procedure_on db2 && _procedure_on db3 && wait_for 60 _procedure_members db1 db2 db3 && _procedure_color green
            ;;
        recover) wait_for 60 _procedure_members db1 db2 db3 && _procedure_color blue && _procedure_untouched db1 db2 db3 ;;
        *) wait_for 60 _procedure_members db1 db2 db3 && _procedure_free db4 && _procedure_untouched db3 ;;
    esac
}

procedure_voters() {
    case $1 in
        shrink | replace | replace-gone) echo 2 ;;
        rescue) echo 1 ;;
        *) echo 3 ;;
    esac
}

procedure_back() {
    case $1 in
        recover) q --cluster prod put color blue ;;
        replace) _procedures_note_files ;;
        replace-gone) procedures_anew ;;
    esac
}

procedure_can_be_undone() {
    [[ $1 != replace && $1 != replace-gone ]]
}

procedures_clean() {
    local name
    for name in db1 db2 db3 db4; do
        _procedure_is_off "$name" ||
            node_sh "$name" sh -c 'rm -rf /var/lib/etcd.* /var/lib/etcd/default.* /var/lib/quorate/kept/*'
    done
}

procedures_anew() {
    local name
    inside nft flush set bridge bench cuts
    for name in db1 db2 db3 db4; do
        _procedure_on "$name" || return 1
        echo debian >"$(nodes_dir)/$name/layout"
        node_sh "$name" sh -c 'umount /var/lib/etcd/default; pkill -CONT -x etcd; rm -rf /var/lib/quorate' 2>/dev/null
    done
    nodes_clear db1 db2 db3 db4
    rm -rf "$QUORATE_REPO" "$QUORATE_CONFIG" "$QUORATE_STATE/plans" "$QUORATE_STATE/locks"
    _procedures_cluster
}

# --- below: for this file only -----------------------------------------------------------------

_procedures_cluster() {
    local layout=${PROCEDURES_LAYOUT%+tls} tls=()
    [[ $PROCEDURES_LAYOUT == "$layout" ]] || tls=(--tls)
    echo "$PROCEDURES_LAYOUT" >"$BATS_FILE_TMPDIR/layout"
    nodes_cluster "${tls[@]}" "$layout" db1 db2 db3 && _procedure_client && _procedure_host db4 "$layout" &&
        _procedures_note_files &&
        with_nodes "$QUORATE" cluster discover --name prod --write \
            --host ssh://root@db1,ssh://root@db2,ssh://root@db3 &&
        q --cluster prod put color green && q --cluster prod backup now
}

_procedures_note_files() {
    local name
    for name in db1 db2 db3 db4; do
        _procedure_files "$name" >"$BATS_FILE_TMPDIR/files.$name"
    done
}

# What a host has to have before a member can come to it.
_procedure_host() {
    [[ $2 != static-pod ]] || node_kubelet "$1" || return 1
    rm -rf "$BATS_FILE_TMPDIR/pki"
    [[ ! -e $(nodes_dir)/https ]] || {
        mkdir "$BATS_FILE_TMPDIR/pki" && cp "$(nodes_dir)"/tls/ca.{crt,key} "$BATS_FILE_TMPDIR/pki/"
    }
}

# What q shows to a cluster with TLS.
_procedure_client() {
    local tls
    tls=$(nodes_dir)/tls
    unset ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY
    [[ ! -e $(nodes_dir)/https ]] ||
        export ETCDCTL_CACERT=$tls/ca.crt ETCDCTL_CERT=$tls/client.crt ETCDCTL_KEY=$tls/client.key
}

_procedure_data() {
    case $PROCEDURES_LAYOUT in
        static-pod*) echo /var/lib/etcd ;;
        *) echo /var/lib/etcd/default ;;
    esac
}

_procedure_is_off() {
    [[ -e $(nodes_dir)/$1/hold ]]
}

_procedure_off() {
    _procedure_is_off "$1" || node_off "$1"
}

_procedure_on() {
    ! _procedure_is_off "$1" || node_on "$1"
}

# True when the member leads; otherwise it is asked to.
_procedure_leads() {
    local status
    status=$(q --cluster prod endpoint status -w json 2>/dev/null) || return 1
    [[ $(jq -r '.[] | select(.Status.leader == .Status.header.member_id) | .Endpoint' <<<"$status") != *"//$(node_ip "$1"):"* ]] ||
        return 0
    q --cluster prod move-leader "$(_procedure_id "$1")" >/dev/null 2>&1
    return 1
}

_procedure_id() {
    q --cluster prod member list | sed -n "s/^\([0-9a-f]*\), .*, $1, .*/\1/p"
}

_procedure_voters() {
    q --cluster prod member list -w json | jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")'
}

# These voters, no other member, and all serve: in the file, too.
_procedure_members() {
    local list
    list=$(q --cluster prod member list -w json) || return 1
    [[ $(jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")' <<<"$list") == "$*" ]] &&
        [[ $(jq '.members | length' <<<"$list") -eq $# ]] &&
        [[ $(q --cluster prod endpoint health -w json 2>/dev/null | jq '[.[] | select(.health == true)] | length') -eq $# ]]
}

_procedure_color() {
    [[ $(q --cluster prod get color --print-value-only) == "$1" ]]
}

# Nothing runs there, no data is in its place, and its files are what they were.
_procedure_free() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c '! pgrep -x etcd && [ ! -e "$0/member" ]' "$(_procedure_data)" >/dev/null &&
        _procedure_untouched "$1"
}

# The files of these hosts are what they were, byte for byte.
_procedure_untouched() {
    local name
    for name; do
        diff "$BATS_FILE_TMPDIR/files.$name" <(_procedure_files "$name") >&2 || return 1
    done
}

# What an operator sees of a host's settings.
_procedure_files() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'cd /etc && find systemd default etcd* kubernetes /var/lib/quorate -type f ! -path "*/kept/*.json*" \
        -exec stat -c "%n %U:%G %a" {} + -exec sha256sum {} + 2>/dev/null | sort; find systemd -type l -o -type d | sort' 2>/dev/null
}
