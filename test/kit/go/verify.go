// Verifies certificates as a Go program does: `go run verify.go ROOTS.pem LEAVES.pem [INTERMEDIATES.pem]`.
// Prints `verified N` and one line for each certificate that it refuses.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	roots, intermediates := pool(os.Args[1]), x509.NewCertPool()
	if len(os.Args) > 3 {
		intermediates = pool(os.Args[3])
	}
	verified := 0
	for place, der := range blocks(os.Args[2]) {
		if problem := judge(der, roots, intermediates); problem != nil {
			fmt.Printf("refused %d: %v\n", place, problem)
		} else {
			verified++
		}
	}
	fmt.Printf("verified %d\n", verified)
}

func judge(der []byte, roots, intermediates *x509.CertPool) error {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	if len(leaf.URIs) != 1 || leaf.URIs[0].Scheme != "spiffe" {
		return fmt.Errorf("URIs %v", leaf.URIs)
	}
	if len(leaf.UnhandledCriticalExtensions) > 0 {
		return fmt.Errorf("unhandled critical extensions %v", leaf.UnhandledCriticalExtensions)
	}
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		options := x509.VerifyOptions{Roots: roots, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{usage}}
		if _, err := leaf.Verify(options); err != nil {
			return err
		}
	}
	return nil
}

func pool(file string) *x509.CertPool {
	made := x509.NewCertPool()
	for _, der := range blocks(file) {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			panic(err)
		}
		made.AddCert(certificate)
	}
	return made
}

func blocks(file string) [][]byte {
	rest, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	var found [][]byte
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			return found
		}
		found, rest = append(found, block.Bytes), after
	}
}
