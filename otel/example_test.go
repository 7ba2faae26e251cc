package otel_test

import (
	"fmt"

	"go.opentelemetry.io/otel/propagation"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	sigfoxotel "github.com/go-sigfox/sigfox/otel"
)

// The hooks use the global providers, which the program has set. The receivers of the
// requests are told the trace.
func Example() {
	hooks, err := sigfoxotel.NewHooks(sigfoxotel.Options{Propagator: propagation.TraceContext{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = dispatch.Options{Hooks: hooks}
	// Output:
}
