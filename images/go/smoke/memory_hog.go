package main

import "fmt"

func main() {
	var blocks [][]byte
	for {
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i)
		}
		blocks = append(blocks, block)
		if len(blocks) > 1<<20 {
			fmt.Println(len(blocks))
		}
	}
}
