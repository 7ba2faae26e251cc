// Package web holds the page of the cloud. It is plain HTML, CSS and JavaScript:
// nothing is built, and nothing comes from elsewhere.
package web

import "embed"

// Files are the files of the page.
//
//go:embed *.html *.css *.js *.svg
var Files embed.FS
