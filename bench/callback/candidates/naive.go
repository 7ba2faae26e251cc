package candidates

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// Body is a body as encoding/json reads it, of which a message M is made.
type Body[M any] interface {
	UplinkBody | DataAdvancedBody
	Message() (M, error)
}

// Naive is the handler that is written without an SDK: no limits, no leniency, and
// the payload stays text.
func Naive[B Body[M], M any](fn func(context.Context, M) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != Authorization {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var body B
		if err := json.Unmarshal(text, &body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		m, err := body.Message()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := fn(r.Context(), m); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer{Status: "ok"})
	})
}

type answer struct {
	Status string `json:"status"`
}

// UplinkBody is the struct that goes with the body Uplink.
type UplinkBody struct {
	Device    string `json:"device"`
	Time      string `json:"time"`
	Data      string `json:"data"`
	SeqNumber string `json:"seqNumber"`
}

// UplinkMessage is what naive code makes of it.
type UplinkMessage struct {
	Device, Data    string
	Time, SeqNumber int64
}

// Message converts the numbers.
func (b UplinkBody) Message() (UplinkMessage, error) {
	p := parser{}
	m := UplinkMessage{Device: b.Device, Data: b.Data, Time: p.int(b.Time), SeqNumber: p.int(b.SeqNumber)}
	return m, p.err
}

// DataAdvancedBody is the struct that goes with the body DataAdvanced.
type DataAdvancedBody struct {
	UplinkBody
	LQI              string   `json:"lqi"`
	LinkQuality      string   `json:"linkQuality"`
	FixedLat         string   `json:"fixedLat"`
	FixedLng         string   `json:"fixedLng"`
	OperatorName     string   `json:"operatorName"`
	CountryCode      string   `json:"countryCode"`
	ComputedLocation Location `json:"computedLocation"`
}

// Location is the part of the body that the cloud writes.
type Location struct {
	Lat    float64 `json:"lat"`
	Lng    float64 `json:"lng"`
	Radius int     `json:"radius"`
	Source int     `json:"source"`
	Status int     `json:"status"`
}

// DataAdvancedMessage is what naive code makes of it.
type DataAdvancedMessage struct {
	UplinkMessage
	LQI, OperatorName        string
	LinkQuality, CountryCode int64
	FixedLat, FixedLng       float64
	ComputedLocation         Location
}

// Message converts the numbers.
func (b DataAdvancedBody) Message() (DataAdvancedMessage, error) {
	uplink, err := b.UplinkBody.Message()
	p := parser{err: err}
	m := DataAdvancedMessage{
		UplinkMessage: uplink, LQI: b.LQI, OperatorName: b.OperatorName,
		LinkQuality: p.int(b.LinkQuality), CountryCode: p.int(b.CountryCode),
		FixedLat: p.float(b.FixedLat), FixedLng: p.float(b.FixedLng),
		ComputedLocation: b.ComputedLocation,
	}
	return m, p.err
}

// parser converts texts and keeps the first error.
type parser struct{ err error }

func (p *parser) int(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	p.keep(err)
	return n
}

func (p *parser) float(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	p.keep(err)
	return x
}

func (p *parser) keep(err error) {
	if p.err == nil {
		p.err = err
	}
}
