package template_test

import (
	"fmt"

	"github.com/go-sigfox/sigfox/template"
)

// A weather station sends a temperature, a pressure and an alarm bit.
func ExamplePayloadConfig_Decode() {
	config, err := template.ParsePayloadConfig("temp::int:8 pressure::uint:16 alarm::bool:7")
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, value := range config.Decode([]byte{0xfc, 0x03, 0xf4, 0x80}) {
		fmt.Println(name, value.Kind(), value)
	}
	// Output:
	// temp int -4
	// pressure uint 1012
	// alarm bool true
}

// A device simulator makes the payload that a service will decode.
func ExamplePayloadConfig_Encode() {
	config, err := template.ParsePayloadConfig("temp::int:8 pressure::uint:16 alarm::bool:7")
	if err != nil {
		fmt.Println(err)
		return
	}
	payload, err := config.Encode(map[string]template.Value{
		"temp":     template.IntValue(-4),
		"pressure": template.UintValue(1012),
		"alarm":    template.BoolValue(true),
	})
	fmt.Println(payload, err)

	_, err = config.Encode(map[string]template.Value{"temp": template.IntValue(200)})
	fmt.Println(err)
	// Output:
	// fc03f480 <nil>
	// template: payload field "temp": "200": not an integer of 8 bits
}

// The canonical form shows where the fields without a byte index lie.
func ExamplePayloadConfig_String() {
	config, err := template.ParsePayloadConfig("speed::uint:8 direction::uint:4 status:1:uint:4:3 moving::bool:0")
	fmt.Println(config, err)

	_, err = template.ParsePayloadConfig("temperature::uint:16 pressure:uint:16")
	fmt.Println(err)
	// Output:
	// speed:0:uint:8 direction:1:uint:4 status:1:uint:4::3 moving:2:bool:0 <nil>
	// template: payload config: field "pressure" at offset 35: not name:index:type:size; the index may be empty, and a blank ends the field
}

// A service gets the values as text and gives them their types back.
func ExampleField_ParseValue() {
	config, err := template.ParsePayloadConfig("temp::int:8 name::char:5")
	if err != nil {
		fmt.Println(err)
		return
	}
	temp, _ := config.Field("temp")
	value, err := temp.ParseValue([]byte(`"-4"`))
	fmt.Println(value.Kind(), value, err)
	// Output: int -4 <nil>
}
