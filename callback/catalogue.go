package callback

import (
	"iter"
	"slices"
)

// Type is the documented type of a variable.
type Type uint8

// The types of variables.
const (
	// TypeString is free text.
	TypeString Type = iota
	// TypeHex is text of hex digits: an id or a payload.
	TypeHex
	// TypeInteger is a decimal integer.
	TypeInteger
	// TypeFloat is a decimal number, mostly with two fraction digits.
	TypeFloat
	// TypeBool is true or false.
	TypeBool
	// TypeJSON is an object or array that stands in the template without quotes.
	TypeJSON
)

// String returns the name of the type.
func (t Type) String() string {
	return [...]string{"string", "hex", "integer", "float", "bool", "json"}[t]
}

// Availability says when a variable has a value.
type Availability uint8

// The conditions under which variables are filled.
const (
	// Always is filled in every callback.
	Always Availability = iota
	// IfAvailable is filled when the device or the network knows it.
	IfAvailable
	// NetworkMetadata needs that contract option; the value is null without it.
	NetworkMetadata
	// AtlasService needs that contract option, for geolocation.
	AtlasService
	// Withdrawn was offered until 1 June 2019. Templates still name it.
	Withdrawn
)

// Variable describes a {name} that templates may use.
type Variable struct {
	// Name is the documented name, without braces.
	Name string
	// Type is the documented type.
	Type Type
	// Unit is the unit of the value, "" if it has none.
	Unit string
	// Availability says when it has a value.
	Availability Availability
}

// Legacy reports whether the variable is kept only for old templates.
func (v Variable) Legacy() bool { return v.Availability == Withdrawn }

// variable is the index of a variable in the catalogue.
type variable uint8

const (
	varNone variable = iota
	varDevice
	varTime
	varDeviceTypeID
	varDeviceTypeName
	varData
	varSeqNumber
	varAck
	varLongPolling
	varRSSI
	varSNR
	varStation
	varDuplicate
	varAvgSNR
	varLat
	varLng
	varBatt
	varTemp
	varInfoCode
	varInfoMessage
	varDownlinkAck
	varDownlinkOverusage
	varWhitelistDevices
	varRepeatedMsg
	varUnwantedDevices
	varUnwantedMsg
	varWrongMsg
	varOverRegulMsg
	varLQI
	varLinkQuality
	varFixedLat
	varFixedLng
	varOperatorName
	varCountryCode
	varDuplicates
	varComputedLocation
	varRadius
	varGeolocSource
	varInfo
	varSeverity
	variableCount
)

// catalogue holds the variables in the order of canonical JSON. The availability
// is the one of most services; offers has the exceptions.
var catalogue = [variableCount]Variable{
	varDevice:            {"device", TypeHex, "", Always},
	varTime:              {"time", TypeInteger, "Unix seconds", Always},
	varDeviceTypeID:      {"deviceTypeId", TypeHex, "", Always},
	varDeviceTypeName:    {"deviceTypeName", TypeString, "", Always},
	varData:              {"data", TypeHex, "", Always},
	varSeqNumber:         {"seqNumber", TypeInteger, "", IfAvailable},
	varAck:               {"ack", TypeBool, "", Always},
	varLongPolling:       {"longPolling", TypeBool, "", Always},
	varRSSI:              {"rssi", TypeFloat, "dBm", NetworkMetadata},
	varSNR:               {"snr", TypeFloat, "dB", NetworkMetadata},
	varStation:           {"station", TypeHex, "", NetworkMetadata},
	varDuplicate:         {"duplicate", TypeBool, "", Withdrawn},
	varAvgSNR:            {"avgSnr", TypeFloat, "dB", Withdrawn},
	varLat:               {"lat", TypeFloat, "degrees", Withdrawn},
	varLng:               {"lng", TypeFloat, "degrees", Withdrawn},
	varBatt:              {"batt", TypeFloat, "V", Always},
	varTemp:              {"temp", TypeFloat, "degrees Celsius", Always},
	varInfoCode:          {"infoCode", TypeInteger, "", Always},
	varInfoMessage:       {"infoMessage", TypeString, "", Always},
	varDownlinkAck:       {"downlinkAck", TypeBool, "", Always},
	varDownlinkOverusage: {"downlinkOverusage", TypeBool, "", Always},
	varWhitelistDevices:  {"whitelistDevices", TypeInteger, "devices", Always},
	varRepeatedMsg:       {"repeatedMsg", TypeInteger, "messages", Always},
	varUnwantedDevices:   {"unwantedDevices", TypeInteger, "devices", Always},
	varUnwantedMsg:       {"unwantedMsg", TypeInteger, "bucket code", Always},
	varWrongMsg:          {"wrongMsg", TypeInteger, "bucket code", Always},
	varOverRegulMsg:      {"overRegulMsg", TypeInteger, "bucket code", Always},
	varLQI:               {"lqi", TypeString, "", Always},
	varLinkQuality:       {"linkQuality", TypeInteger, "", Always},
	varFixedLat:          {"fixedLat", TypeFloat, "degrees", Always},
	varFixedLng:          {"fixedLng", TypeFloat, "degrees", Always},
	varOperatorName:      {"operatorName", TypeString, "", Always},
	varCountryCode:       {"countryCode", TypeInteger, "ISO 3166-1 numeric", Always},
	varDuplicates:        {"duplicates", TypeJSON, "", NetworkMetadata},
	varComputedLocation:  {"computedLocation", TypeJSON, "", AtlasService},
	varRadius:            {"radius", TypeFloat, "m", IfAvailable},
	varGeolocSource:      {"geolocSource", TypeInteger, "", IfAvailable},
	varInfo:              {"info", TypeString, "", Always},
	varSeverity:          {"severity", TypeString, "", Always},
}

// offers lists the variables of each service, in catalogue order.
// Sources: https://support.sigfox.com/docs/{uplink,bidir,acknowledge,repeater,data-advanced,error-callback}
// and the backend's built-in help for those withdrawn since. {deviceTypeName} is
// documented nowhere, but captured callbacks have it.
var offers = [...][]variable{
	DataUplink: {
		varDevice, varTime, varDeviceTypeID, varDeviceTypeName, varData, varSeqNumber, varRSSI, varSNR, varStation,
		varDuplicate, varAvgSNR, varLat, varLng,
	},
	DataBidir: {
		varDevice, varTime, varDeviceTypeID, varDeviceTypeName, varData, varSeqNumber, varAck, varLongPolling, varRSSI, varSNR, varStation,
		varDuplicate, varAvgSNR, varLat, varLng,
	},
	ServiceStatus: {
		varDevice, varTime, varSeqNumber, varRSSI, varSNR, varStation, varDuplicate, varAvgSNR, varLat, varLng,
		varBatt, varTemp,
	},
	ServiceGeoloc: {
		varDevice, varTime, varSeqNumber, varRSSI, varSNR, varStation, varDuplicate, varAvgSNR, varLat, varLng,
		varRadius, varGeolocSource,
	},
	ServiceAcknowledge: {
		varDevice, varTime, varRSSI, varSNR, varStation, varDuplicate, varAvgSNR, varLat, varLng,
		varInfoCode, varInfoMessage, varDownlinkAck, varDownlinkOverusage,
	},
	ServiceRepeater: {
		varDevice, varTime, varBatt, varWhitelistDevices, varRepeatedMsg, varUnwantedDevices, varUnwantedMsg,
		varWrongMsg, varOverRegulMsg,
	},
	ServiceDataAdvanced: {
		varDevice, varTime, varDeviceTypeID, varDeviceTypeName, varData, varSeqNumber, varLQI, varLinkQuality, varFixedLat, varFixedLng,
		varOperatorName, varCountryCode, varDuplicates, varComputedLocation,
	},
	ErrorCallback: {varDevice, varTime, varInfo, varSeverity},
	EventCallback: {}, // see eventVariables
}

// legacyNames are the older names of variables that templates still use.
var legacyNames = map[string]variable{
	"signal":       varSNR,
	"avgSignal":    varAvgSNR,
	"overRegulmsg": varOverRegulMsg,
}

// availability returns when service s fills v.
func (s Service) availability(v variable) Availability {
	switch {
	case s == ServiceGeoloc && (v == varLat || v == varLng):
		return IfAvailable
	case (v == varRSSI || v == varSNR || v == varStation) && s != DataUplink && s != DataBidir:
		return Withdrawn
	default:
		return catalogue[v].Availability
	}
}

// Variables yields the variables that the service offers, those withdrawn since
// included, without {customData#name}. For EVENT they are those of all events
// together; each event fills some.
func (s Service) Variables() iter.Seq[Variable] {
	if s == EventCallback {
		return slices.Values(eventVariables[:])
	}
	return func(yield func(Variable) bool) {
		if !s.known() {
			return
		}
		for _, id := range offers[s] {
			if !yield(s.describe(id, catalogue[id].Name)) {
				return
			}
		}
	}
}

// Variable returns the variable with this documented or older name, exact in
// case, and whether the service offers it.
func (s Service) Variable(name string) (Variable, bool) {
	if s == EventCallback {
		return eventVariable(name)
	}
	if !s.known() {
		return Variable{}, false
	}
	id := lookup([]byte(name))
	older := id == varNone
	if older {
		id = legacyNames[name]
	}
	if !slices.Contains(offers[s], id) {
		return Variable{}, false
	}
	v := s.describe(id, name)
	if older {
		v.Availability = Withdrawn
	}
	return v, true
}

func (s Service) describe(id variable, name string) Variable {
	v := catalogue[id]
	v.Name, v.Availability = name, s.availability(id)
	return v
}

// lookup returns the variable with this exact name, varNone if there is none.
func lookup(name []byte) variable {
	switch string(name) {
	case "device":
		return varDevice
	case "time":
		return varTime
	case "deviceTypeId":
		return varDeviceTypeID
	case "deviceTypeName":
		return varDeviceTypeName
	case "data":
		return varData
	case "seqNumber":
		return varSeqNumber
	case "ack":
		return varAck
	case "longPolling":
		return varLongPolling
	case "rssi":
		return varRSSI
	case "snr":
		return varSNR
	case "station":
		return varStation
	case "duplicate":
		return varDuplicate
	case "avgSnr":
		return varAvgSNR
	case "lat":
		return varLat
	case "lng":
		return varLng
	case "batt":
		return varBatt
	case "temp":
		return varTemp
	case "lqi":
		return varLQI
	case "linkQuality":
		return varLinkQuality
	case "fixedLat":
		return varFixedLat
	case "fixedLng":
		return varFixedLng
	case "operatorName":
		return varOperatorName
	case "countryCode":
		return varCountryCode
	case "duplicates":
		return varDuplicates
	case "computedLocation":
		return varComputedLocation
	default:
		return lookupService(name)
	}
}

// lookupService has the names that only SERVICE and ERROR callbacks use.
func lookupService(name []byte) variable {
	switch string(name) {
	case "infoCode":
		return varInfoCode
	case "infoMessage":
		return varInfoMessage
	case "downlinkAck":
		return varDownlinkAck
	case "downlinkOverusage":
		return varDownlinkOverusage
	case "whitelistDevices":
		return varWhitelistDevices
	case "repeatedMsg":
		return varRepeatedMsg
	case "unwantedDevices":
		return varUnwantedDevices
	case "unwantedMsg":
		return varUnwantedMsg
	case "wrongMsg":
		return varWrongMsg
	case "overRegulMsg":
		return varOverRegulMsg
	case "radius":
		return varRadius
	case "geolocSource":
		return varGeolocSource
	case "info":
		return varInfo
	case "severity":
		return varSeverity
	default:
		return varNone
	}
}
