// Package docs runs the project's documents: it executes the SQL on a page over a real connection and compares what comes back with what the page shows, finds the
// paths and links that lead nowhere, and writes the pages that are made from the registries.
//
// Its types: Page (a Markdown file as lines and blocks), Server (a fresh server with the demo table), Session (statements printed as a MySQL client prints them).
// docs/README.md says in words how the examples are to be read; the two agree.
package docs
