// Generates the SDKs of the plugin from its schema, with Pulumi's own generators. The language hosts
// that can be built from Go modules are older than the command `pulumi package gen-sdk` needs.
//
//	go run . SCHEMA OUT
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "Pulumi's code generator (npm run sdk)"

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(schemaFile, out string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	languages := map[string]struct {
		name     func(string) string
		generate func(*schema.Package) (map[string][]byte, error)
	}{
		"python": {python.PyName, func(pkg *schema.Package) (map[string][]byte, error) {
			return python.GeneratePackage(tool, pkg, nil, nil)
		}},
		"go": {gogen.Title, func(pkg *schema.Package) (map[string][]byte, error) {
			return gogen.GeneratePackage(tool, pkg, nil)
		}},
	}
	for language, its := range languages {
		pkg, err := bind(text, its.name)
		if err != nil {
			return err
		}
		files, err := its.generate(pkg)
		if err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
		for name, content := range files {
			path := filepath.Join(out, language, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// bind reads the schema, with the names in its texts as the language writes them.
func bind(text []byte, nameOf func(string) string) (*schema.Package, error) {
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	collectNames(raw, names)
	rename(raw, names, nameOf)
	renamed, err := json.Marshal(raw)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(renamed, &spec); err != nil {
		return nil, err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	return pkg, nil
}

// collectNames finds the names of properties and functions.
func collectNames(node any, names map[string]bool) {
	object, ok := node.(map[string]any)
	if !ok {
		return
	}
	for key, value := range object {
		switch key {
		case "properties", "inputProperties":
			for name := range value.(map[string]any) {
				names[name] = true
			}
		case "functions":
			for token := range value.(map[string]any) {
				names[token[strings.LastIndex(token, ":")+1:]] = true
			}
		}
		collectNames(value, names)
	}
}

// In backticks, alone or with a value behind it: `wait: false`.
var nameInText = regexp.MustCompile("`([a-z][A-Za-z]+)(: [^`]*)?`")

func rename(node any, names map[string]bool, nameOf func(string) string) {
	object, ok := node.(map[string]any)
	if !ok {
		return
	}
	for key, value := range object {
		if text, isText := value.(string); isText && key == "description" {
			object[key] = nameInText.ReplaceAllStringFunc(text, func(match string) string {
				parts := nameInText.FindStringSubmatch(match)
				if !names[parts[1]] {
					return match
				}
				return "`" + nameOf(parts[1]) + parts[2] + "`"
			})
			continue
		}
		rename(value, names, nameOf)
	}
}
