package callback

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/go-sigfox/sigfox/template"
)

// validateVariables checks that the service offers all variables of a template, and that
// what is meant to be a variable is one.
func (d *Definition) validateVariables(e *DefinitionError, field, src string) {
	if src == "" || !d.Service.known() {
		return
	}
	for _, text := range customLike.FindAllString(src, -1) {
		if !customExact.MatchString(text) {
			e.addf(field, "%.64q is text, not a variable, which is written {customData#name}", text)
		}
	}
	all, err := template.Parse(src, template.Options{})
	if err != nil {
		return // compile has told it
	}
	var payload *template.PayloadConfig
	if d.PayloadConfig != "" {
		if payload, err = template.ParsePayloadConfig(d.PayloadConfig); err != nil {
			return
		}
	}
	known := d.templateOptions(sending, payload).Known
	for _, m := range encodedBraces.FindAllStringSubmatch(src, -1) {
		if known(m[1]) {
			e.addf(field, "%s is text, not a variable; write {%s}", m[0], m[1])
		}
	}
	for name := range all.Variables() {
		if known(name) {
			continue
		}
		if strings.HasPrefix(name, customPrefix) {
			e.addf(field, "{%s} is not in payloadConfig%s", name, d.meant(payload, name))
		} else {
			e.addf(field, "{%s} is not offered by %s%s", name, d.Service, d.meant(payload, name))
		}
	}
}

var (
	// customLike finds what begins as a variable of the payload, customExact is one.
	customLike  = regexp.MustCompile(`\{customData[^"'\s{}]*\}?`)
	customExact = regexp.MustCompile(`^\{customData(#[A-Za-z0-9_#-]+)?\}$`)
	// encodedBraces finds a variable of an address that a browser has encoded.
	encodedBraces = regexp.MustCompile(`%7[Bb]([A-Za-z][A-Za-z0-9_#-]*)%7[Dd]`)
)

// meant tells which variable an unknown name stands for: one in another case, or a field of
// the payload without its prefix. It returns "" if there is none.
func (d *Definition) meant(payload *template.PayloadConfig, name string) string {
	for v := range d.Service.Variables() {
		if strings.EqualFold(v.Name, name) {
			return fmt.Sprintf("; write {%s}", v.Name)
		}
	}
	if payload == nil {
		return ""
	}
	field := name
	if n := len(customPrefix); len(name) > n && strings.EqualFold(name[:n], customPrefix) {
		field = name[n:]
	}
	for f := range payload.Fields() {
		if strings.EqualFold(f.Name, field) {
			return fmt.Sprintf("; write {%s%s}", customPrefix, f.Name)
		}
	}
	return ""
}
