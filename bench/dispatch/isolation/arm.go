package main

// arm is what is measured: see the command.
type arm int

const (
	healthy arm = iota
	healthyAgain
	hung
	flooded
	storm
	stormBeside

	armCount = int(iota)
)

// String returns the name of the arm.
func (a arm) String() string {
	return [...]string{"healthy", "healthy again", "hung", "flooded", "storm", "storm beside"}[a]
}

// hangs reports whether there is a target that hangs.
func (a arm) hangs() bool { return a >= hung }
