package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

func main() {
	größe := "Grüße, 世界 🌍"
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	line = strings.TrimRight(line, "\n")
	letters := []rune(line)
	slices.Reverse(letters)
	fmt.Println(größe)
	fmt.Println(string(letters), utf8.RuneCountInString(line), strings.ToUpper(line))
}
