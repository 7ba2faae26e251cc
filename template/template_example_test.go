package template_test

import (
	"fmt"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/template"
)

// A body is rendered from a message, and read back into its variables.
func Example() {
	body, err := template.Parse(`{"id":"{device}","when":{time}000,"temp":{customData#temp}}`,
		template.Options{Place: template.JSON})
	if err != nil {
		panic(err)
	}

	text, err := body.Append(nil, template.Map{"device": "2C30EA", "time": "1546929254", "customData#temp": "21.5"})
	fmt.Println(string(text), err)

	message := template.Map{}
	err = body.Match(text, message)
	fmt.Println(message["device"], message["time"], message["customData#temp"], err)
	// Output:
	// {"id":"2C30EA","when":1546929254000,"temp":21.5} <nil>
	// 2C30EA 1546929254 21.5 <nil>
}

// What a variable becomes depends on where it stands.
func ExamplePlace() {
	for _, c := range []struct {
		place template.Place
		src   string
	}{
		{template.JSON, `{"quoted":"{x}","bare":{x}}`},
		{template.URL, `https://example.com/{x}?x={x}`},
		{template.Text, `{x}`},
	} {
		t, err := template.Parse(c.src, template.Options{Place: c.place})
		if err != nil {
			panic(err)
		}
		text, _ := t.Append(nil, template.Map{"x": `a/"b"`})
		fmt.Println(string(text))
	}
	// Output:
	// {"quoted":"a/\"b\"","bare":"a/\"b\""}
	// https://example.com/a%2F%22b%22?x=a%2F%22b%22
	// a/"b"
}

// alarm is a message whose values a template can read where they stand.
type alarm struct {
	Device sigfox.DeviceID
	Name   string
}

// Values implements template.ValueSource.
func (a *alarm) Values() (*template.Layout, []any) { return alarmLayout, []any{&a.Device, &a.Name} }

var alarmLayout = template.NewLayout([]string{"device", "name"}, []any{new(sigfox.DeviceID), new(string)})

// AppendVar implements template.Source, for a name that needs escapes.
func (a *alarm) AppendVar(dst []byte, name string) ([]byte, bool) {
	switch name {
	case "device":
		return append(dst, a.Device.String()...), true
	case "name":
		return append(dst, a.Name...), true
	default:
		return dst, false
	}
}

// A layout makes a template fast for one type of message.
func ExampleNewLayout() {
	t, err := template.Parse(`{"id":"{device}","name":"{name}"}`, template.Options{Place: template.JSON, Layout: alarmLayout})
	if err != nil {
		panic(err)
	}
	for _, a := range []alarm{{0x2C30EA, "cold store"}, {0x1FD48BE, `gate "B"`}} {
		text, err := t.Append(nil, &a)
		fmt.Println(string(text), err)
	}
	// Output:
	// {"id":"2C30EA","name":"cold store"} <nil>
	// {"id":"1FD48BE","name":"gate \"B\""} <nil>
}

// A text is read whatever its order and white space, and whether numbers are
// quoted or not. What the template lacks goes to an ExtraSink.
func ExampleTemplate_Match() {
	t, err := template.Parse(`{"id":"{device}","rssi":{rssi}}`, template.Options{Place: template.JSON})
	if err != nil {
		panic(err)
	}
	err = t.Match([]byte(`{ "rssi": "-123.00", "id": "2C30EA", "lqi": "Good" }`), printer{})
	fmt.Println(err)
	err = t.Match([]byte(`{"id":"2C30EA","rssi":}`), printer{})
	fmt.Println(err)
	// Output:
	// device = 2C30EA
	// rssi = -123.00
	// extra lqi = "Good"
	// <nil>
	// template: match: invalid JSON at offset 22
}

// printer is an ExtraSink that prints.
type printer struct{}

func (printer) SetVar(name string, text []byte, _ int) error {
	fmt.Printf("%s = %s\n", name, text)
	return nil
}

func (printer) SetExtra(name string, raw []byte, _ int) error {
	fmt.Printf("extra %s = %s\n", name, raw)
	return nil
}

// The lines of a batch are read by the pattern that wrote them.
func ExampleTemplate_Match_line() {
	line, err := template.Parse("{device};{time};{data}", template.Options{})
	if err != nil {
		panic(err)
	}
	m := template.Map{}
	fmt.Println(line.Match([]byte("2C30EA;1546929254;deadbeef"), m), m)
	// Output: <nil> map[data:deadbeef device:2C30EA time:1546929254]
}

func ExampleTemplate_Matchable() {
	t, err := template.Parse("{device}{data}", template.Options{})
	fmt.Println(err, t.Matchable())

	t, err = template.Parse("{time}{data}", template.Options{Width: func(name string) int {
		if name == "time" {
			return 10
		}
		return 0
	}})
	fmt.Println(err, t.Matchable())
	// Output:
	// <nil> template: no text between {device} and {data}, and neither has a known width at offset 8
	// <nil> <nil>
}

func ExampleTemplate_Variables() {
	t, err := template.Parse(`{"d":"{device}","t":{customData#temp},"css":"a{color:red}"}`, template.Options{})
	if err != nil {
		panic(err)
	}
	for name := range t.Variables() {
		fmt.Println(name)
	}
	// Output:
	// device
	// customData#temp
}
