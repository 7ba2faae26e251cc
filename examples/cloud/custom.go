package main

import (
	"maps"
	"sync"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

// grammars are the payload configurations of device types, compiled. The zero value
// is ready to use.
type grammars struct {
	mu   sync.Mutex
	byID map[string]grammar
}

type grammar struct {
	source string
	config *template.PayloadConfig // nil if the source is none
}

// of returns the configuration of a device type whose source is the one given.
func (g *grammars) of(deviceTypeID, source string) *template.PayloadConfig {
	g.mu.Lock()
	defer g.mu.Unlock()
	one, ok := g.byID[deviceTypeID]
	if !ok || one.source != source {
		config, err := template.ParsePayloadConfig(source)
		if err != nil {
			config = nil
		}
		one = grammar{source, config}
		if g.byID == nil {
			g.byID = make(map[string]grammar)
		}
		g.byID[deviceTypeID] = one
	}
	return one.config
}

// custom decodes a payload by the configuration of its device type.
func (n *cloud) custom(deviceTypeID string, data sigfox.Payload) callback.CustomData {
	t, _ := n.registry.DeviceType(deviceTypeID)
	config := n.grammar.of(deviceTypeID, t.PayloadConfig)
	if config == nil {
		return nil
	}
	return maps.Collect(config.Decode(data.Bytes()))
}
