-- Evaluates arithmetic read from stdin with a hand-made parser, then does some other things that
-- Haskell programs do: a lazy sieve, a fold into a map, a state monad and deep recursion.
module Main where

import Control.Applicative
import Control.Monad.State
import Data.Char (isAlpha, isDigit, isSpace, toLower)
import Data.List (sortBy, unfoldr)
import qualified Data.Map.Strict as Map
import Data.Ord (Down (..), comparing)
import qualified Data.Vector.Unboxed as Vector
import Text.Printf (printf)

data Expr
  = Number Integer
  | Variable String
  | Binary Char Expr Expr
  deriving (Show)

newtype Parser a = Parser {runParser :: String -> Maybe (a, String)}

instance Functor Parser where
  fmap f (Parser p) = Parser $ \s -> case p s of
    Just (a, rest) -> Just (f a, rest)
    Nothing -> Nothing

instance Applicative Parser where
  pure a = Parser $ \s -> Just (a, s)
  Parser pf <*> Parser pa = Parser $ \s -> do
    (f, rest) <- pf s
    (a, rest') <- pa rest
    pure (f a, rest')

instance Monad Parser where
  Parser p >>= f = Parser $ \s -> p s >>= \(a, rest) -> runParser (f a) rest

instance Alternative Parser where
  empty = Parser (const Nothing)
  Parser p <|> Parser q = Parser $ \s -> p s <|> q s

satisfy :: (Char -> Bool) -> Parser Char
satisfy ok = Parser $ \s -> case s of
  (c : rest) | ok c -> Just (c, rest)
  _ -> Nothing

token :: Parser a -> Parser a
token p = p <* many (satisfy isSpace)

symbol :: Char -> Parser Char
symbol = token . satisfy . (==)

chain :: Parser Expr -> String -> Parser Expr
chain operand operators = operand >>= more
  where
    more left = (do
      o <- token (satisfy (`elem` operators))
      right <- operand
      more (Binary o left right)) <|> pure left

expression, term, factor :: Parser Expr
expression = chain term "+-"
term = chain factor "*/"
factor =
  (Number . read <$> token (some (satisfy isDigit)))
    <|> (Variable <$> token (some (satisfy isAlpha)))
    <|> (symbol '(' *> expression <* symbol ')')

evaluate :: Map.Map String Integer -> Expr -> Either String Integer
evaluate _ (Number n) = Right n
evaluate names (Variable v) = maybe (Left ("unknown name " ++ v)) Right (Map.lookup v names)
evaluate names (Binary o a b) = do
  x <- evaluate names a
  y <- evaluate names b
  case o of
    '+' -> Right (x + y)
    '-' -> Right (x - y)
    '*' -> Right (x * y)
    _ | y == 0 -> Left "division by zero"
      | otherwise -> Right (x `div` y)

answer :: String -> String
answer line = case runParser (many (satisfy isSpace) *> expression) line of
  Just (e, "") -> either ("error: " ++) show (evaluate (Map.fromList [("x", 7), ("y", 2)]) e)
  Just (_, rest) -> "error: cannot read " ++ show rest
  Nothing -> "error: nothing to read"

primes :: [Int]
primes = sieve [2 ..] where sieve ps = case ps of
                              (p : rest) -> p : sieve [n | n <- rest, n `mod` p /= 0]
                              [] -> []

frequencies :: String -> [(String, Int)]
frequencies text = sortBy (comparing (\(w, n) -> (Down n, w))) (Map.toList counts)
  where counts = Map.fromListWith (+) [(map toLower w, 1) | w <- words text]

label :: [String] -> State Int [String]
label = mapM (\s -> do n <- get; put (n + 1); pure (show n ++ "." ++ s))

deep :: Int -> Integer
deep 0 = 0
deep n = toInteger n + deep (n - 1)

main :: IO ()
main = do
  inputs <- lines <$> getContents
  mapM_ (\l -> putStrLn (l ++ " = " ++ answer l)) inputs
  print (takeWhile (< 60) primes)
  mapM_ (uncurry (printf "%-5s %3d\n")) (frequencies "the cat and the dog and the bird")
  print (evalState (label ["a", "b", "c"]) 1)
  print (unfoldr (\n -> if n == 1 then Nothing else Just (n, if even n then n `div` 2 else 3 * n + 1)) (6 :: Int))
  printf "mean %.3f\n" (let v = Vector.generate 1000 (\i -> fromIntegral (i * i)) :: Vector.Vector Double
                        in Vector.sum v / fromIntegral (Vector.length v))
  print (deep 1000000)
  print (product [1 .. 30 :: Integer])
