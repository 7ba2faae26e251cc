#!/usr/bin/env bash
# cover.sh FLOOR PACKAGES... tests the library packages among PACKAGES, prints the statement coverage of each and of all,
# and fails when one is under FLOOR percent. A package is measured by its own tests alone: code that another package's
# tests merely pass through does not count. Examples are programs, and store/storetest and internal/sharedtest are tests: none is measured.
set -euo pipefail

floor=$1
shift
packages=$(go list "$@" | grep -v -e '/examples/' -e '/storetest$' -e '/sharedtest$')
go test -coverprofile=coverage.out $packages

awk -v floor="$floor" '
NR > 1 { # file:from,to statements count
	package = $1
	sub(/\/[^\/]*$/, "", package)
	statements[package] += $2
	all += $2
	if ($3 > 0) { covered[package] += $2; done += $2 }
}
END {
	if (all == 0) { print "no statements in the profile"; exit 1 }
	for (p in statements) {
		percent = 100 * covered[p] / statements[p]
		printf "%6.1f%%  %5d statements  %s%s\n", percent, statements[p], p, percent < floor ? "  UNDER " floor "%" : "" | "sort -k4"
		if (percent < floor) failed = 1
	}
	close("sort -k4")
	printf "%6.1f%%  %5d statements  total\n", 100 * done / all, all
	exit failed
}' coverage.out
