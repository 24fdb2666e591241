package webhook

import (
	"crypto/ed25519"
	"encoding/base64"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// IsFromHerald takes the public key (whpk_…), and the request's body as it came, not parsed.
func IsFromHerald(publicKey string, header http.Header, body []byte) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || math.Abs(float64(time.Now().Unix()-seconds)) > 300 {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(publicKey, "whpk_"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	for _, signature := range strings.Split(header.Get("webhook-signature"), " ") {
		text, isV1a := strings.CutPrefix(signature, "v1a,")
		bytes, err := base64.StdEncoding.DecodeString(text)
		if isV1a && err == nil && ed25519.Verify(key, signed, bytes) {
			return true
		}
	}
	return false
}
