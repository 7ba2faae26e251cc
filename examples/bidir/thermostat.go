package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/template"
)

// tenths is a temperature in tenths of a degree Celsius, as thermostats send and
// receive it: big-endian, in 2 bytes.
type tenths int16

func (t tenths) String() string { return strconv.FormatFloat(float64(t)/10, 'f', 1, 64) + " °C" }

// parseCelsius reads a set point.
func parseCelsius(text string) (tenths, error) {
	degrees, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, err
	}
	if !(degrees >= 5 && degrees <= 30) { // NaN is neither
		return 0, fmt.Errorf("set point %g is not between 5 and 30", degrees)
	}
	return tenths(math.Round(degrees * 10)), nil
}

// reportFormat is the custom payload configuration of the device type: what a
// thermostat measures, and what it was told last.
const reportFormat = "temperature::int:16 setPoint::int:16"

// parseReport reads a message. A field that it does not reach is zero.
func parseReport(format *template.PayloadConfig, data sigfox.Payload) (temperature, setPoint tenths) {
	for name, value := range format.Decode(data.Bytes()) {
		n, _ := value.Int() // both fields are integers of 16 bits
		switch name {
		case "temperature":
			temperature = tenths(n)
		case "setPoint":
			setPoint = tenths(n)
		}
	}
	return temperature, setPoint
}

// command is the downlink that tells a thermostat its set point.
func command(setPoint tenths) (d downlink.Data) {
	binary.BigEndian.PutUint16(d[:], uint16(setPoint))
	return d
}
