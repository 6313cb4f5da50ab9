(ns main
  (:require [clojure.edn :as edn]
            [clojure.set :as set]
            [clojure.string :as str]))

;; A small language of prefix formulas, read with Clojure's own reader.

(defmulti evaluate (fn [_ form] (cond (symbol? form) :name (seq? form) (first form) :else :number)))

(defmethod evaluate :number [_ number] number)

(defmethod evaluate :name [names name]
  (or (names name) (throw (ex-info "unknown name" {:name name}))))

(defmethod evaluate 'let [names [_ name value body]]
  (evaluate (assoc names name (evaluate names value)) body))

(defmethod evaluate 'if [names [_ condition then otherwise]]
  (evaluate names (if (zero? (evaluate names condition)) otherwise then)))

(defmethod evaluate :default [names [operator & arguments]]
  (let [operators {'+ + '- - '* * '/ /}]
    (apply (get operators operator) (map #(evaluate names %) arguments))))

(defn report [line]
  (try
    (str line " => " (evaluate {'ten 10} (edn/read-string line)))
    (catch clojure.lang.ExceptionInfo e (str line " => " (ex-message e) " " (ex-data e)))
    (catch ArithmeticException e (str line " => " (ex-message e)))))

;; The game of life, as a set of living cells.

(defn neighbours [[x y]]
  (for [dx [-1 0 1] dy [-1 0 1] :when (not= 0 dx dy)]
    [(+ x dx) (+ y dy)]))

(defn step [cells]
  (set (for [[cell n] (frequencies (mapcat neighbours cells))
             :when (or (= n 3) (and (= n 2) (cells cell)))]
         cell)))

(defn picture [cells]
  (str/join "\n" (for [y (range 5)] (apply str (for [x (range 5)] (if (cells [x y]) \# \.))))))

;; Records, protocols, transactions.

(defprotocol Shape
  (area [shape])
  (scale [shape factor]))

(defrecord Circle [radius]
  Shape
  (area [_] (* Math/PI radius radius))
  (scale [circle factor] (update circle :radius * factor)))

(defrecord Square [side]
  Shape
  (area [_] (* side side))
  (scale [square factor] (update square :side * factor)))

(def accounts (ref {:ada 100 :bob 50}))

(defn transfer [from to amount]
  (dosync
   (when (>= (@accounts from) amount)
     (alter accounts #(-> % (update from - amount) (update to + amount))))))

(def primes
  (letfn [(sieve [[p & numbers]] (lazy-seq (cons p (sieve (remove #(zero? (mod % p)) numbers)))))]
    (sieve (iterate inc 2))))

(doseq [line (line-seq (java.io.BufferedReader. *in*))]
  (println (report line)))
(println (picture (nth (iterate step #{[1 0] [2 1] [0 2] [1 2] [2 2]}) 4)))
(doseq [shape (sort-by area > (map #(scale % 2) [(->Square 1) (->Circle 1) (->Square 3)]))]
  (printf "%s %.2f%n" (.getSimpleName (class shape)) (double (area shape))))
(transfer :ada :bob 30)
(transfer :bob :ada 500)
(println (into (sorted-map) @accounts) (set/difference #{1 2 3} #{2}))
(println (take 10 primes) (reduce *' (range 1 26)))
(println (transduce (comp (filter odd?) (map #(* % %)) (take-while #(< % 200))) + (range)))
(flush)
