# Certificates as no authority of ours would make them, for what refuses them.
#
#   certs_authority NAME [EXTENSIONS] [FROM UNTIL]
#                     NAME.crt, NAME.key: signs itself; "basicConstraints=critical,CA:TRUE" unless said
#   certs_leaf NAME AUTHORITY NAMES [USAGES] [FROM UNTIL]
#                     NAME.crt, NAME.key, of an authority: "IP:10.0.0.1,DNS:db1"; both usages unless said
#
# Dates are date(1)'s ("-1 day"). $CERTS_KEY is openssl's -newkey ("rsa:1024"), $CERTS_DIGEST its digest. All
# in the current folder.

_certs_new() {
    local key=(ec -pkeyopt ec_paramgen_curve:P-256)
    [[ -z ${CERTS_KEY:-} ]] || key=("$CERTS_KEY")
    openssl req -new -newkey "${key[@]}" -noenc -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>>certs.log
}

# NAME EXTENSIONS FROM UNTIL, and who signs: openssl's words.
_certs_sign() {
    local name=$1 extensions=$2 from until
    from=$(date -u -d "$3" +%Y%m%d%H%M%SZ)
    until=$(date -u -d "$4" +%Y%m%d%H%M%SZ)
    shift 4
    : >index
    cat >certs.cnf <<CNF
[ca]
default_ca = c
[c]
database = index
new_certs_dir = .
rand_serial = yes
default_md = ${CERTS_DIGEST:-sha256}
policy = p
unique_subject = no
[p]
commonName = supplied
[x]
$extensions
CNF
    openssl ca -batch -config certs.cnf -extensions x -startdate "$from" -enddate "$until" -notext \
        -in "$name.csr" -out "$name.crt" "$@" >>certs.log 2>&1
}

certs_authority() {
    _certs_new "$1" && _certs_sign "$1" "${2:-basicConstraints=critical,CA:TRUE}" "${3:--1 hour}" "${4:-1 day}" \
        -selfsign -keyfile "$1.key"
}

certs_leaf() {
    _certs_new "$1" && _certs_sign "$1" "extendedKeyUsage=${4:-serverAuth,clientAuth}
subjectAltName=$3" "${5:--1 hour}" "${6:-1 day}" -cert "$2.crt" -keyfile "$2.key"
}
