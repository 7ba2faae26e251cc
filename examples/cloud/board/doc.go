// Package board keeps what the page of the cloud shows: the latest messages, where
// their callbacks went, and what came back. It reports every change to the pages that
// listen, by server-sent events.
package board
