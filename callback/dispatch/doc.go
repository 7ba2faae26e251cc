// Package dispatch sends callbacks as the Sigfox Cloud does.
package dispatch
