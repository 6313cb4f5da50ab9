;;; A small bank with generic functions and conditions, fed by commands on stdin; then a macro,
;;; a closure, a shortest path, exact arithmetic and some of FORMAT.

(define-condition overdrawn (error)
  ((owner :initarg :owner :reader overdrawn-owner)
   (missing :initarg :missing :reader overdrawn-missing))
  (:report (lambda (c stream)
             (format stream "~a is short of ~d" (overdrawn-owner c) (overdrawn-missing c)))))

(defclass account ()
  ((owner :initarg :owner :reader owner)
   (balance :initarg :balance :initform 0 :accessor balance)))

(defclass credit-account (account)
  ((limit :initarg :limit :reader credit-limit)))

(defgeneric available (account)
  (:method ((a account)) (balance a))
  (:method ((a credit-account)) (+ (call-next-method) (credit-limit a))))

(defun withdraw (account amount)
  (let ((missing (- amount (available account))))
    (when (plusp missing)
      (restart-case (error 'overdrawn :owner (owner account) :missing missing)
        (pay-what-there-is ()
          (setf amount (available account)))))
    (decf (balance account) amount)
    amount))

(defparameter *accounts* (make-hash-table :test #'equal))

(defun run-command (line)
  (destructuring-bind (verb name amount)
      (with-input-from-string (in line) (list (read in) (string-capitalize (read in)) (read in)))
    (ecase verb
      (open (setf (gethash name *accounts*) (make-instance 'account :owner name :balance amount)))
      (credit (setf (gethash name *accounts*)
                    (make-instance 'credit-account :owner name :limit amount)))
      (take (format t "~a gets ~d~%" name (withdraw (gethash name *accounts*) amount)))
      (force (handler-bind ((overdrawn (lambda (c)
                                         (format t "(~a)~%" c)
                                         (invoke-restart 'pay-what-there-is))))
               (format t "~a gets ~d~%" name (withdraw (gethash name *accounts*) amount)))))))

(loop for line = (read-line *standard-input* nil)
      while line
      do (handler-case (run-command line)
           (overdrawn (c) (format t "refused: ~a~%" c))))

(loop for name in (sort (loop for k being the hash-keys of *accounts* collect k) #'string<)
      do (format t "~10a~8@a~%" name (balance (gethash name *accounts*))))

;;; A macro: the value of the last form, and how often the body ran.
(defmacro counting ((counter condition) &body body)
  `(let ((,counter 0))
     (loop while ,condition do (incf ,counter) ,@body)
     ,counter))

(let ((n 27))
  (format t "collatz 27: ~d steps~%"
          (counting (steps (/= n 1))
            (setf n (if (evenp n) (/ n 2) (1+ (* 3 n)))))))

;;; Breadth first through a labyrinth.
(defparameter *map*
  #("#########"
    "#S..#...#"
    "##.##.#.#"
    "#......E#"
    "#########"))

(defun cell (at) (char (aref *map* (car at)) (cdr at)))

(defun find-cell (wanted)
  (dotimes (r (length *map*))
    (let ((c (position wanted (aref *map* r))))
      (when c (return (cons r c))))))

(defun distance (from to)
  (let ((seen (make-hash-table :test #'equal)) (queue (list (cons from 0))))
    (setf (gethash from seen) t)
    (loop while queue
          do (destructuring-bind (at . steps) (pop queue)
               (when (equal at to) (return steps))
               (loop for (dr . dc) in '((1 . 0) (-1 . 0) (0 . 1) (0 . -1))
                     for next = (cons (+ (car at) dr) (+ (cdr at) dc))
                     unless (or (char= (cell next) #\#) (gethash next seen))
                       do (setf (gethash next seen) t
                                queue (append queue (list (cons next (1+ steps))))))))))

(format t "distance: ~d~%" (distance (find-cell #\S) (find-cell #\E)))

(defun deep (n) (if (zerop n) 0 (1+ (deep (1- n)))))
(format t "deep: ~:d~%" (deep 1000000))
(format t "harmonic: ~a~%" (loop for i from 1 to 12 sum (/ 1 i)))
(format t "2^100 = ~:d, ~r, ~@r, ~,4f~%" (expt 2 100) 42 1999 (sqrt 2d0))
