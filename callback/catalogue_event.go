package callback

// eventVariables are the variables that EVENT callbacks offer: first those of all
// events, then those of some. Where the documentation spells a name in two ways, both
// are here. They are not part of the catalogue, which numbers what messages have.
// Sources: https://support.sigfox.com/docs/event-type and a page for each event.
var eventVariables = [...]Variable{
	{"time", TypeInteger, "Unix seconds", Always},
	{"sourceType", TypeString, "", Always},
	{"sourceId", TypeHex, "", Always},
	{"severity", TypeString, "", Always},
	{"eventType", TypeString, "", Always},
	{"deviceTypeId", TypeHex, "", Always},
	{"groupId", TypeHex, "", Always},
	{"deviceInfo", TypeJSON, "", IfAvailable},
	// A date on most pages, Unix seconds on that of OUT_OF_SEQUENCE.
	{"deviceMessageTime", TypeString, "", IfAvailable},
	{"deviceExpectedSeqnumber", TypeInteger, "", IfAvailable},
	{"deviceLastSeqnumber", TypeInteger, "", IfAvailable},
	{"deviceMessageSeqnumber", TypeInteger, "", IfAvailable},
	{"deviceShortCause", TypeString, "", IfAvailable},
	{"deviceCause", TypeString, "", IfAvailable},
	{"networkOperatorId", TypeHex, "", IfAvailable},
	{"businessOperatorId", TypeHex, "", IfAvailable},
	{"contractId", TypeHex, "", IfAvailable},
	{"contractIds", TypeJSON, "", IfAvailable},
	{"subscriptionState", TypeString, "", IfAvailable},
	{"expectedSubscriptionDurationEndTime", TypeInteger, "Unix seconds", IfAvailable},
	{"expectedSubcriptionDurationEndTime", TypeInteger, "Unix seconds", IfAvailable},
	{"expectedTokenEndTime", TypeInteger, "Unix seconds", IfAvailable},
	{"previousContractId", TypeHex, "", IfAvailable},
	{"userId", TypeHex, "", IfAvailable},
	{"previousDeviceTypeID", TypeHex, "", IfAvailable},
	{"previousDeviceTypeId", TypeHex, "", IfAvailable},
	{"deviceTokenState", TypeString, "", IfAvailable},
	{"deviceSourceId", TypeHex, "", IfAvailable},
	{"deviceDestinationId", TypeHex, "", IfAvailable},
}

// eventVariable returns the variable of EVENT with this name.
func eventVariable(name string) (Variable, bool) {
	for _, v := range eventVariables {
		if v.Name == name {
			return v, true
		}
	}
	return Variable{}, false
}
