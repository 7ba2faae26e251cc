#!/usr/bin/env bash
# graph.sh asserts what a user of the core downloads: the packages outside the standard library that its code imports,
# and the size of the module graph that comes with them.
set -euo pipefail

main=$(go list -m)
allowed="$main golang.org/x/time code.dny.dev/ssrf github.com/sony/gobreaker/v2"
limit=30

imports=$(go list -deps -f '{{with .Module}}{{.Path}}{{end}} {{.ImportPath}}' ./... | grep -v '^ ')
while read -r module package; do
	if [[ " $allowed " != *" $module "* ]]; then
		echo "the core imports $package of $module, and may only import from: $allowed" >&2
		exit 1
	fi
done <<< "$imports"

graph=$(go mod graph)
lines=$(wc -l <<< "$graph")
if ((lines > limit)); then
	echo "go mod graph has $lines lines, more than $limit:" >&2
	echo "$graph" >&2
	exit 1
fi
echo "go mod graph: $lines lines (at most $limit)"
