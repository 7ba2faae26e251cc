module github.com/go-sigfox/sigfox/store/bolt

go 1.26.0

require (
	github.com/go-sigfox/sigfox v0.0.0
	github.com/stretchr/testify v1.12.1
	go.etcd.io/bbolt v1.5.0
	pgregory.net/rapid v1.3.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.45.0 // indirect
)

replace github.com/go-sigfox/sigfox => ../../
