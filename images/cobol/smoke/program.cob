*> A day's sales: reads lines like "tea,12,2.50", adds them up by article in a table, sorts it, and prints a report.
identification division.
program-id. sales.

environment division.
input-output section.
file-control.
    select sales-file assign to keyboard organization line sequential.

data division.
file section.
fd sales-file.
01 sales-line pic x(80).

working-storage section.
01 at-end pic x value "n".
    88 no-more-lines value "y".

01 sale.
    05 article-name pic x(10).
    05 quantity-text pic x(10).
    05 price-text pic x(10).
    05 quantity pic 9(4).
    05 price pic 9(4)v99.

01 articles.
    05 article-count pic 99 value 0.
    05 article occurs 1 to 50 times depending on article-count indexed by a.
        10 name pic x(10).
        10 pieces pic 9(6).
        10 turnover pic 9(7)v99.

01 report-line.
    05 name-out pic x(12).
    05 pieces-out pic zz,zz9.
    05 filler pic x(2).
    05 turnover-out pic $$$,$$9.99.

01 total pic 9(8)v99 value 0.
01 share pic zz9.9.
01 refused pic 999 value 0.
01 fact-argument binary-long.
01 fact-result pic z(18)9.
01 fact-shown pic z9.

procedure division.
main-part.
    open input sales-file
    perform until no-more-lines
        read sales-file
            at end set no-more-lines to true
            not at end perform take-line
        end-read
    end-perform
    close sales-file

    sort article on descending key turnover
    perform varying a from 1 by 1 until a > article-count
        move name(a) to name-out
        move pieces(a) to pieces-out
        move turnover(a) to turnover-out
        compute share rounded = 100 * turnover(a) / total
        display report-line " " share "%"
    end-perform
    display "refused: " refused

    perform varying fact-argument from 5 by 5 until fact-argument > 20
        compute fact-result = function factorial(fact-argument)
        move fact-argument to fact-shown
        display fact-shown "! =" fact-result
    end-perform
    display function upper-case("done in ") function reverse("loboc")
    stop run.

take-line.
    initialize sale
    unstring sales-line delimited by "," into article-name quantity-text price-text
    if function test-numval(quantity-text) not = 0 or function test-numval(price-text) not = 0
        add 1 to refused
        exit paragraph
    end-if
    compute quantity = function numval(quantity-text)
    compute price = function numval(price-text)
    set a to 1
    search article varying a
        at end
            add 1 to article-count
            set a to article-count
            move article-name to name(a)
            move 0 to pieces(a) turnover(a)
        when name(a) = article-name
            continue
    end-search
    add quantity to pieces(a)
    compute turnover(a) = turnover(a) + quantity * price
    compute total = total + quantity * price.
