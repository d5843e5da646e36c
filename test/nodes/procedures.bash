# shellcheck shell=bash
#
# The procedures that change a cluster on hosts, for the sweeps of kills and faults: `load procedures` beside
# ../harness/nodes. The cluster has the members db1, db2 and db3; db4 is a host that has none. All tests of a file
# share it, since every round ends in the old state.
#
#   procedures_up LAYOUT              for setup_file: hosts, cluster, quorate.yaml; procedures_setup for setup. The hosts
#                                     in $PROCEDURES_DISKS have /var/lib/etcd on a small disk
#   procedure_names                   grow shrink replace move recover
#   procedure_command NAME            sets `command`: quorate's words
#   procedure_before NAME             makes what has to be so before it begins
#   procedure_goal NAME, procedure_old NAME      whether the cluster is as it should be after it, before it
#   procedure_voters NAME             the fewest voters that it announces
#   procedure_back NAME               after it, for those that cannot be undone: the old state again
#   procedures_clean                  removes what was moved aside; old data is large
#   procedures_anew                   lays out the cluster anew, whatever is left of it
#   q ARGUMENT...                     quorate, where the hosts are reached
#
# quorate is the build with failpoints, beside the one that $QUORATE names.

procedures_up() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    QUORATE=$(dirname "$(dirname "$QUORATE")")/failpoints/quorate
    [[ -x $QUORATE ]] || { echo "there is no '$QUORATE': build it with -Dfailpoints=true" >&2; return 1; }
    export QUORATE QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_REPO=$BATS_FILE_TMPDIR/repo
    export PROCEDURES_LAYOUT=$1
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

q() {
    inside "$QUORATE" "$@"
}

procedure_names() {
    echo grow shrink replace move recover
}

procedure_command() {
    command=(--cluster prod)
    case $1 in
        grow) command+=(member grow db4=ssh://root@db4) ;;
        shrink) command+=(member shrink db3) ;;
        replace) command+=(member replace db3) ;;
        move) command+=(member move db3 --new db4=ssh://root@db4) ;;
        recover) command+=(recover) ;;
    esac
    command+=(--yes)
}

# The data of one member is lost, and nothing of it runs; or what is in the backup is not what is now.
procedure_before() {
    case $1 in
        replace)
            node_sh db3 sh -c 'systemctl stop etcd; rm -rf /var/lib/etcd/default' &&
                wait_for 30 q --cluster prod put color green >/dev/null
            ;;
        recover) q --cluster prod put color blue >/dev/null ;;
    esac
}

procedure_goal() {
    case $1 in
        grow) wait_for 60 _procedure_members db1 db2 db3 db4 ;;
        shrink) wait_for 60 _procedure_members db1 db2 ;;
        replace) wait_for 60 _procedure_members db1 db2 db3 ;;
        move) wait_for 60 _procedure_members db1 db2 db4 ;;
        recover) wait_for 60 _procedure_members db1 db2 db3 && _procedure_color green ;;
    esac
}

# Of a member that is lost nothing comes back: it is down, as before.
procedure_old() {
    case $1 in
        replace) [[ $(_procedure_voters) == "db1 db2 db3" ]] ;;
        recover) wait_for 60 _procedure_members db1 db2 db3 && _procedure_color blue ;;
        *) wait_for 60 _procedure_members db1 db2 db3 && _procedure_free db4 ;;
    esac
}

procedure_voters() {
    case $1 in
        shrink | replace) echo 2 ;;
        *) echo 3 ;;
    esac
}

procedure_back() {
    case $1 in
        recover) q --cluster prod put color blue ;;
    esac
}

procedures_clean() {
    local name
    for name in db1 db2 db3 db4; do
        node_sh "$name" sh -c 'rm -rf /var/lib/etcd/default.* /var/lib/quorate/kept/*' 2>/dev/null
    done
    return 0
}

procedures_anew() {
    local name
    inside nft flush set bridge bench cuts
    for name in db1 db2 db3 db4; do
        [[ ! -e $(nodes_dir)/$name/hold ]] || node_on "$name" || return 1
        echo debian >"$(nodes_dir)/$name/layout"
        node_sh "$name" sh -c 'umount /var/lib/etcd/default; pkill -CONT -x etcd; rm -rf /var/lib/quorate' 2>/dev/null
    done
    nodes_clear db1 db2 db3 db4
    rm -rf "$QUORATE_REPO" "$QUORATE_CONFIG" "$QUORATE_STATE/plans" "$QUORATE_STATE/locks"
    _procedures_cluster
}

# --- below: for this file only -----------------------------------------------------------------

_procedures_cluster() {
    nodes_cluster "$PROCEDURES_LAYOUT" db1 db2 db3 &&
        _procedure_files db4 >"$BATS_FILE_TMPDIR/files" &&
        with_nodes "$QUORATE" cluster discover --name prod --write \
            --host ssh://root@db1,ssh://root@db2,ssh://root@db3 &&
        q --cluster prod put color green && q --cluster prod backup now
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
    node_sh "$1" sh -c '! pgrep -x etcd && [ ! -e /var/lib/etcd/default/member ]' >/dev/null &&
        diff "$BATS_FILE_TMPDIR/files" <(_procedure_files "$1") >&2
}

# What an operator sees of a host's settings.
_procedure_files() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'cd /etc && find systemd default etcd* kubernetes /var/lib/quorate -type f ! -path "*/kept/*.json*" \
        -exec stat -c "%n %U:%G %a" {} + -exec sha256sum {} + 2>/dev/null | sort; find systemd -type l -o -type d | sort' 2>/dev/null
}
