package main

import "os"

func main() {
	var number int = "text"
}
