package dispatch

import "fmt"

// setting is an option that is a number or a time, and not negative.
type setting struct {
	name  string
	value float64
}

// checkSettings names the first one that is negative, or no number.
func checkSettings(list ...setting) error {
	for _, s := range list {
		if !(s.value >= 0) {
			return fmt.Errorf("dispatch: %s is %v", s.name, s.value)
		}
	}
	return nil
}
