#lang racket/base
;; Leaves of the distribution what programs without a desktop use, and of that what runs: compiled modules.

(require racket/file racket/list racket/path racket/string)

(define keep
  '("base" "racket-lib" "at-exp-lib" "compatibility-lib" "data-lib" "compiler-lib" "errortrace-lib" "math-lib" "mzscheme-lib"
    "option-contract-lib" "parser-tools-lib" "pconvert-lib" "r5rs-lib" "r6rs-lib" "racklog" "rackunit-lib" "sandbox-lib"
    "scheme-lib" "source-syntax" "srfi-lib" "srfi-lite-lib" "string-constants-lib" "syntax-color-lib" "testing-util-lib"
    "typed-racket-compatibility" "typed-racket-lib" "typed-racket-more" "zo-lib"))

(define share "/usr/share/racket")
(define lib "/usr/lib/x86_64-linux-gnu/racket")
(define compiled (string-append lib "/compiled" share))

(for* ([root (list share compiled)]
       [package (directory-list (build-path root "pkgs") #:build? #t)]
       #:when (directory-exists? package)
       #:unless (member (path->string (file-name-from-path package)) keep))
  (delete-directory/files package))

;; Where the collections are looked for: each package that is gone would cost a few system calls.
(define links (build-path share "links.rktd"))
(define kept-links
  (for/list ([link (call-with-input-file links read)]
             #:when (member (bytes->string/utf-8 (last (second link))) keep))
    link))
(call-with-output-file links #:exists 'truncate (λ (out) (write kept-links out)))

;; Documents, tests, dependency records, and sources which have a compiled module (R6RS looks for its libraries' sources).
(for* ([root (list share compiled)]
       [path (find-files directory-exists? root)]
       #:when (member (path->string (file-name-from-path path)) '("scribblings" "tests"))
       #:when (directory-exists? path))
  (delete-directory/files path))
(for ([path (find-files file-exists? compiled)]
      #:when (path-has-extension? path #".dep"))
  (delete-file path))
(for ([path (find-files file-exists? share)]
      #:when (path-has-extension? path #".rkt")
      #:unless (regexp-match? #rx"/(r6rs|srfi)-lib/" path))
  (define module (string-replace (path->string (file-name-from-path path)) ".rkt" "_rkt.zo"))
  (when (file-exists? (build-path (string-append lib "/compiled" (path->string (path-only path))) "compiled" module))
    (delete-file path)))

;; What makes executables; its parts are in racket itself.
(for ([name '("gracket" "petite.boot" "racket.boot" "scheme.boot" "starter" "starter-sh")])
  (delete-directory/files (build-path lib name) #:must-exist? #f))
