#!/bin/sh
# rounds.sh [rounds] [sizes]: measures every candidate in a process of its own,
# one after the other, and prints the medians of the rounds.
set -e
rounds=${1:-5}
sizes=${2:-10k 100k 1M}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$(dirname "$0")"
go test -c -o "$dir/bench" .
for _ in $(seq "$rounds"); do
	for size in $sizes; do
		for name in harness ours value-ring freelru natural golang-lru otter expirable ttlcache afterfunc; do
			"$dir/bench" -test.run '^$' -test.bench "^BenchmarkAggregator\$/^$size\$/^$name\$" \
				-test.cpu 1 -test.benchtime 2000000x | grep ^Bench
		done
	done
done >"$dir/out"
awk '
function median(key, n,   i, j, t, v) {
	for (i = 1; i <= n; i++) v[i] = value[key, i]
	for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j-1] > v[j]; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
	return v[int((n + 1) / 2)]
}
{
	split($1, part, "/")
	name = part[2] "/" part[3]
	if (!(name in runs)) order[++names] = name
	runs[name]++
	for (i = 3; i < NF; i += 2) value[name, $(i + 1), runs[name]] = $i
}
END {
	printf "%-18s %10s %8s %8s %6s %8s\n", "", "cpu-ns", "B/live", "gc-ms", "B/op", "/ ours"
	for (k = 1; k <= names; k++) {
		name = order[k]; n = runs[name]; split(name, part, "/")
		for (r = 1; r <= n; r++) {
			ratio = value[part[1] "/ours", "cpu-ns/op", r]
			value[name, "ratio", r] = ratio ? value[name, "cpu-ns/op", r] / ratio : 0
		}
		printf "%-18s %10.1f %8.1f %8.2f %6d %8.2f\n", name,
			median(name SUBSEP "cpu-ns/op", n), median(name SUBSEP "B/live", n), median(name SUBSEP "gc-ms", n),
			median(name SUBSEP "B/op", n), median(name SUBSEP "ratio", n)
	}
}' "$dir/out"
