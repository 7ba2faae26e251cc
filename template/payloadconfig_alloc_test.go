//go:build !race

package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPayloadConfigAllocs(t *testing.T) {
	c := parseConfig(t, "temp::uint:8 pres::float:32:little-endian alt::float:32:little-endian hum::uint:8 low:9:bool:0 x:0:int:12::5")
	data := []byte{0x1c, 0x92, 0x5a, 0x43, 0x44, 0x8b, 0xa7, 0x05, 0x45, 0x24}
	buf := make([]byte, 0, 64)
	t.Run("Decode", func(t *testing.T) {
		sum := 0.0
		require.Zero(t, testing.AllocsPerRun(100, func() {
			for name, v := range c.Decode(data) {
				f, _ := v.Float()
				sum += f + float64(len(name))
			}
		}))
		require.NotZero(t, sum)
	})
	t.Run("AppendJSON", func(t *testing.T) {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			for _, v := range c.Decode(data) {
				buf = v.AppendJSON(buf[:0])
			}
		}))
	})
	t.Run("ParseValue", func(t *testing.T) {
		pres, _ := c.Field("pres")
		temp, _ := c.Field("temp")
		text, whole := []byte("781.41516"), []byte(`"28.0"`)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			_, err := pres.ParseValue(text)
			_, err2 := temp.ParseValue(whole)
			if err != nil || err2 != nil {
				t.Error(err, err2)
			}
		}))
	})
}
