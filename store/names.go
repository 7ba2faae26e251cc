package store

import (
	"fmt"
	"strings"
)

const (
	maxName = 32
	maxKey  = 128

	letters  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	nameSet  = letters + "-_"
	keySet   = letters + "-_=."
	anything = ""
)

// CheckName returns an error unless name is valid for a queue or table.
func CheckName(name string) error { return check("name", name, maxName, nameSet) }

// CheckKey returns an error unless key is valid for a value.
func CheckKey(key string) error {
	if strings.HasPrefix(key, ".") || strings.HasSuffix(key, ".") || strings.Contains(key, "..") {
		return fmt.Errorf("store: key %.160q has an empty part", key)
	}
	return check("key", key, maxKey, keySet)
}

// CheckID returns an error unless id is valid for an item.
func CheckID(id string) error {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return fmt.Errorf("store: item ID %.160q has character %q", id, id[i])
		}
	}
	return check("item ID", id, maxKey, anything)
}

func check(what, text string, most int, set string) error {
	if text == "" || len(text) > most {
		return fmt.Errorf("store: %s %.160q has %d characters, not 1 to %d", what, text, len(text), most)
	}
	if set != anything && strings.Trim(text, set) != "" {
		return fmt.Errorf("store: %s %q has other characters than %q", what, text, set)
	}
	return nil
}
