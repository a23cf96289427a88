#!/bin/sh
# Makes the certificates of the TLS tests: an authority of our own, and what it signs for
# omni.test: a good one for a hundred years, and one that expired in 2021. The keys protect nothing.
set -e
cd "$(dirname "$0")"
new="openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
$new -x509 -keyout ca.key -out ca.pem -days 36500 -subj "/CN=omnipd test authority" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
printf 'subjectAltName=DNS:omni.test\n' > names
for name in good expired; do
  $new -keyout $name.key -out $name.csr -subj "/CN=omni.test"
done
openssl x509 -req -in good.csr -CA ca.pem -CAkey ca.key -days 36500 -extfile names -out good.crt
touch index; echo 01 > serial
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' > ca.cnf
openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in expired.csr -extfile names \
  -startdate 20200101000000Z -enddate 20210101000000Z -notext -out expired.crt
for name in good expired; do cat $name.key $name.crt > $name.pem; done
rm -f -- *.key *.csr *.crt names index* serial* 01.pem ca.cnf
