package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// Account is what the orders read from stdin work on.
type Account struct {
	Owner   string   `json:"owner"`
	Balance int      `json:"balance"`
	History []string `json:"history,omitempty"`
}

var errFunds = errors.New("insufficient funds")

type unknownError struct{ order string }

func (e unknownError) Error() string { return fmt.Sprintf("unknown order %q", e.order) }

func (a *Account) withdraw(amount int) error {
	if amount > a.Balance {
		return fmt.Errorf("%s: %w", a.Owner, errFunds)
	}
	a.Balance -= amount
	a.History = append(a.History, fmt.Sprintf("-%d", amount))
	return nil
}

type bank map[string]*Account

func (b bank) order(line string) error {
	var verb, owner string
	var amount int
	if _, err := fmt.Sscan(line, &verb, &owner, &amount); err != nil {
		return fmt.Errorf("cannot read %q", line)
	}
	account, ok := b[owner]
	if !ok {
		account = &Account{Owner: owner}
		b[owner] = account
	}
	switch verb {
	case "pay":
		account.Balance += amount
		account.History = append(account.History, fmt.Sprintf("+%d", amount))
		return nil
	case "take":
		return account.withdraw(amount)
	}
	return unknownError{verb}
}

type number interface{ ~int | ~float64 }

func sum[K comparable, N number](values map[K]N) (total N) {
	for _, value := range values {
		total += value
	}
	return total
}

// squares hands numbers to workers and collects what they make of them.
func squares(count, workers int) map[int]int {
	jobs := make(chan int)
	var mutex sync.Mutex
	var group sync.WaitGroup
	results := map[int]int{}
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for job := range jobs {
				mutex.Lock()
				results[job] = job * job
				mutex.Unlock()
			}
		}()
	}
	for i := range count {
		jobs <- i
	}
	close(jobs)
	group.Wait()
	return results
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	accounts := bank{}
	scanner := bufio.NewScanner(os.Stdin)
	for scanner.Scan() {
		err := accounts.order(scanner.Text())
		var unknown unknownError
		switch {
		case errors.Is(err, errFunds):
			fmt.Fprintln(out, "refused:", err)
		case errors.As(err, &unknown):
			fmt.Fprintln(out, "what is", unknown.order+"?", err)
		case err != nil:
			fmt.Fprintln(out, "error:", err)
		}
	}

	sorted := make([]*Account, 0, len(accounts))
	for _, account := range accounts {
		sorted = append(sorted, account)
	}
	slices.SortFunc(sorted, func(a, b *Account) int {
		return cmp.Or(cmp.Compare(b.Balance, a.Balance), strings.Compare(a.Owner, b.Owner))
	})
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.Debug)
	for _, account := range sorted {
		fmt.Fprintf(table, "%s\t%d\t%.1f\t\n", account.Owner, account.Balance, float64(account.Balance)/3)
	}
	table.Flush()
	text, _ := json.Marshal(sorted[0])
	fmt.Fprintln(out, string(text))

	fmt.Fprintln(out, sum(squares(100, 4)), sum(map[string]float64{"a": 1.5, "b": 2}))
	factorial := big.NewInt(1)
	for i := int64(2); i <= 30; i++ {
		factorial.Mul(factorial, big.NewInt(i))
	}
	fmt.Fprintln(out, factorial)
	words := regexp.MustCompile(`[a-z]+`).FindAllString("one2three45six", -1)
	fmt.Fprintf(out, "%q %v %08b %x\n", words, time.Duration(90)*time.Second, 37, "hex")

	defer func() { fmt.Fprintln(out, "recovered:", recover()) }()
	var missing *Account
	fmt.Fprintln(out, missing.Balance)
}
