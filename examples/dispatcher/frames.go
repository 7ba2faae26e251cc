package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
)

// frame is one line of the input: a copy of a message, as one base station heard it.
type frame struct {
	Device  sigfox.DeviceID  `json:"device"`
	Time    int64            `json:"time"` // of the message, Unix seconds
	Seq     sigfox.SeqNumber `json:"seqNumber"`
	Data    sigfox.Payload   `json:"data"`
	Station sigfox.StationID `json:"station"`
	Rep     uint8            `json:"repetition"` // 0 to 2
	RSSI    float32          `json:"rssi"`
	SNR     float32          `json:"snr"`
	Ask     bool             `json:"ack"` // the device listens for a downlink
}

// read gives frames to the pipeline as they come. The error names the line.
func (s *sender) read(ctx context.Context, r io.Reader) error {
	dec := json.NewDecoder(r)
	for n := 1; ctx.Err() == nil; n++ {
		var f frame
		switch err := dec.Decode(&f); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("frame %d: %w", n, err)
		}
		if err := s.hear(ctx, &f); err != nil {
			return fmt.Errorf("frame %d: %w", n, err)
		}
	}
	return context.Cause(ctx)
}

// hear registers a device that was never heard, and gives its frame to the pipeline.
func (s *sender) hear(ctx context.Context, f *frame) error {
	if _, ok := s.registry.Device(f.Device); !ok {
		if err := s.registry.PutDevice(routing.Device{ID: f.Device, DeviceTypeID: deviceTypeID}); err != nil {
			return err
		}
	}
	_, err := s.pipeline.Frame(ctx, time.Now(), pipeline.Frame{
		Ask: f.Ask,
		Frame: dedup.Frame{
			Device: f.Device, Time: f.Time, Seq: f.Seq, Payload: f.Data, Station: f.Station, Repetition: f.Rep, RSSI: f.RSSI, SNR: f.SNR,
		},
	})
	if errors.Is(err, pipeline.ErrOutOfSequence) {
		return nil // its event tells
	}
	return err
}
