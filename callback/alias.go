package callback

import "slices"

// aliases are the names under which customers' templates send a variable when
// not under its own, best first. They were collected from published templates; the
// template that Sigfox documents for ERROR says "devices".
// Names are compared without case and without "_", "-" and blanks, so "station_id"
// is found as "stationid" and "RSSI" as "rssi".
//
// A renamed key is a guess: it counts only if the key with the documented name is
// absent, and where its value does not fit the variable it stays in Extra.
var aliases = [variableCount][]string{
	varDevice: {
		"device", "devices", "deviceid", "sigfoxdevice", "sigfoxid", "epid", "idmodem", "modemid", "dispositivo", "dev", "uid", "id",
	},
	varTime:              {"time", "timestamp", "capturedatetime", "sigfoxtime", "hora", "tiempo", "ts", "at"},
	varDeviceTypeID:      {"devicetypeid"},
	varDeviceTypeName:    {"devicetypename"},
	varData:              {"data", "sigfoxdata", "datastr", "ulpayload", "payload", "dato"},
	varSeqNumber:         {"seqnumber", "seq", "seqn", "seqno", "seqnum", "sequencenumber", "sigfoxseqno", "nseq", "messagecounter", "framenumber", "messageid"},
	varAck:               {"ack", "bidirectionalflag"},
	varLongPolling:       {"longpolling"},
	varRSSI:              {"rssi", "sigfoxrssi"},
	varSNR:               {"snr", "signal", "sigfoxsnr"},
	varStation:           {"station", "stationid", "basestation", "sigfoxstation", "statin"},
	varDuplicate:         {"duplicate"},
	varAvgSNR:            {"avgsnr", "avgsignal", "sigfoxavgsnr"},
	varLat:               {"lat", "latitude", "geoloclat", "latstation", "stationlat"},
	varLng:               {"lng", "longitude", "long", "lon", "geoloclng", "lngstation", "stationlng"},
	varBatt:              {"batt", "battery"},
	varTemp:              {"temp", "temperature"},
	varInfoCode:          {"infocode", "dlstatus"},
	varInfoMessage:       {"infomessage"},
	varDownlinkAck:       {"downlinkack", "dlsuccess"},
	varDownlinkOverusage: {"downlinkoverusage"},
	varWhitelistDevices:  {"whitelistdevices"},
	varRepeatedMsg:       {"repeatedmsg"},
	varUnwantedDevices:   {"unwanteddevices"},
	varUnwantedMsg:       {"unwantedmsg"},
	varWrongMsg:          {"wrongmsg"},
	varOverRegulMsg:      {"overregulmsg"},
	varLQI:               {"lqi"},
	varLinkQuality:       {"linkquality"},
	varFixedLat:          {"fixedlat"},
	varFixedLng:          {"fixedlng"},
	varOperatorName:      {"operatorname", "operator"},
	varCountryCode:       {"countrycode", "country"},
	varDuplicates:        {"duplicates"},
	varComputedLocation:  {"computedlocation", "location", "geolocation"},
	varRadius:            {"radius", "accuracy", "precision", "geoloclocationaccuracy"},
	varGeolocSource:      {"geolocsource"},
	varInfo:              {"info"},
	varSeverity:          {"severity"},
}

// aliased is the variable that a name stands for; a lower rank is a better guess.
type aliased struct {
	id   variable
	rank int
}

var byAlias = func() map[string]aliased {
	m := make(map[string]aliased)
	for id, names := range aliases {
		for rank, name := range names {
			m[name] = aliased{variable(id), rank}
		}
	}
	return m
}()

const maxAlias = 24

// alias returns the variable that a renamed key stands for, varNone if it stands
// for none.
func alias(name []byte) aliased {
	var buf [maxAlias]byte
	folded := buf[:0]
	for _, c := range name {
		if c == '_' || c == '-' || c == ' ' {
			continue
		}
		if len(folded) == maxAlias {
			return aliased{}
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded = append(folded, c)
	}
	return byAlias[string(folded)]
}

// RenamedKeys returns the keys that are read as the variable with this documented
// name when its own is absent, best first. They are compared without case and
// without "_", "-" and blanks.
func RenamedKeys(variable string) []string {
	names := aliases[lookup([]byte(variable))]
	return slices.Clone(names)
}
