// Compose-check reads Herald's deployment files with the libraries of Docker Compose and BuildKit,
// and prints what they understood as JSON:
//
//	compose-check compose FILE ENV_FILE   the project, interpolated with nothing but ENV_FILE
//	compose-check image FOLDER            the Dockerfile of FOLDER and what its COPYs find there
//
// What they refuse goes to standard error, with exit status 1.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "compose":
		return printProject(args[1], args[2])
	case len(args) == 2 && args[0] == "image":
		return printImage(args[1])
	}
	return errors.New("usage: compose-check compose FILE ENV_FILE, or compose-check image FOLDER")
}

func printProject(file, envFile string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithEnvFiles(envFile), cli.WithDotEnv)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(project)
}
