// Package board keeps what the page of the cloud shows: the latest messages, where
// their callbacks went, and what came back. It tells pages that listen of every
// change by server-sent events.
package board
