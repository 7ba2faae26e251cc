package main

import (
	"fmt"
	"os"
	"strings"
)

// opening is what the first devices do besides their routine, so that every kind of
// callback is seen within the first hour of the network: the device at each place
// of the list of kinds, when, and what.
const opening = `
{"device":"%[1]v","at":"30s","do":"send"}
{"device":"%[1]v","at":"1m","do":"status"}
{"device":"%[1]v","at":"2m","do":"silence"}
{"device":"%[1]v","at":"45m","do":"wake"}
{"device":"%[2]v","at":"20s","do":"send","ask":true}
{"device":"%[3]v","at":"10s","do":"send"}
{"device":"%[3]v","at":"70s","do":"send"}
{"device":"%[3]v","at":"130s","do":"send"}
{"device":"%[4]v","at":"40s","do":"send","ask":true}
{"device":"%[4]v","at":"100s","do":"skip","n":9}
{"device":"%[4]v","at":"110s","do":"send"}
{"device":"%[4]v","at":"11m","do":"reflash"}
{"device":"%[4]v","at":"12m","do":"send"}
{"device":"%[5]v","at":"50s","do":"status"}
`

// play has the world play the opening, if there is a device of each kind, and the
// script of the command line.
func (n *cloud) play() error {
	if n.config.devices >= len(kinds) {
		script := fmt.Sprintf(opening, deviceID(0), deviceID(1), deviceID(2), deviceID(3), deviceID(4))
		if err := n.world.Play(strings.NewReader(script)); err != nil {
			return err
		}
	}
	if n.config.script == "" {
		return nil
	}
	f, err := os.Open(n.config.script)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return n.world.Play(f)
}
