package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

type image struct {
	Stages []stage `json:"stages"`
	// Sources are what the COPYs take from the folder, not from another stage.
	Sources []source `json:"sources"`
	// Context are the folder's entries that reach the builder, to the given depth of one.
	Context []string `json:"context"`
}

type stage struct {
	Name        string   `json:"name"`
	Base        string   `json:"base"`
	User        string   `json:"user"`
	Entrypoint  []string `json:"entrypoint"`
	Cmd         []string `json:"cmd"`
	Healthcheck []string `json:"healthcheck"`
}

type source struct {
	Path   string `json:"path"`
	Exists bool   `json:"exists"`
	Sent   bool   `json:"sent"`
}

func printImage(folder string) error {
	dockerfile, err := os.Open(filepath.Join(folder, "Dockerfile"))
	if err != nil {
		return err
	}
	defer dockerfile.Close()
	parsed, err := parser.Parse(dockerfile)
	if err != nil {
		return err
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return err
	}
	ignored, err := ignoredIn(folder)
	if err != nil {
		return err
	}
	result := image{Context: []string{}}
	for _, each := range stages {
		result.add(each, folder, ignored)
	}
	if err := result.addContext(folder, ignored); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func (i *image) add(from instructions.Stage, folder string, ignored *patternmatcher.PatternMatcher) {
	to := stage{Name: from.Name, Base: from.BaseName}
	for _, command := range from.Commands {
		switch c := command.(type) {
		case *instructions.UserCommand:
			to.User = c.User
		case *instructions.EntrypointCommand:
			to.Entrypoint = c.CmdLine
		case *instructions.CmdCommand:
			to.Cmd = c.CmdLine
		case *instructions.HealthCheckCommand:
			to.Healthcheck = c.Health.Test
		case *instructions.CopyCommand:
			if c.From == "" {
				for _, path := range c.SourcePaths {
					i.Sources = append(i.Sources, sourceAt(folder, path, ignored))
				}
			}
		}
	}
	i.Stages = append(i.Stages, to)
}

func (i *image) addContext(folder string, ignored *patternmatcher.PatternMatcher) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if hidden, err := ignored.MatchesOrParentMatches(entry.Name()); err != nil {
			return err
		} else if !hidden {
			i.Context = append(i.Context, entry.Name())
		}
	}
	return nil
}

func sourceAt(folder, path string, ignored *patternmatcher.PatternMatcher) source {
	found, _ := filepath.Glob(filepath.Join(folder, path))
	hidden, err := ignored.MatchesOrParentMatches(filepath.Clean(path))
	return source{Path: path, Exists: len(found) > 0, Sent: err == nil && (path == "." || !hidden)}
}

func ignoredIn(folder string) (*patternmatcher.PatternMatcher, error) {
	file, err := os.Open(filepath.Join(folder, ".dockerignore"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	return patternmatcher.New(patterns)
}
