{ A calculator: reads expressions with variables line by line, builds trees of objects, and evaluates them. }
program Calculator;

uses
  Classes, SysUtils, Math, fgl;

type
  EExpression = class(Exception);
  TVariables = specialize TFPGMap<string, Double>;

  TNode = class
    function Value(Variables: TVariables): Double; virtual; abstract;
  end;

  TNumber = class(TNode)
    Number: Double;
    constructor Create(ANumber: Double);
    function Value(Variables: TVariables): Double; override;
  end;

  TVariable = class(TNode)
    Name: string;
    constructor Create(const AName: string);
    function Value(Variables: TVariables): Double; override;
  end;

  TOperation = class(TNode)
    Sign: Char;
    Left, Right: TNode;
    constructor Create(ASign: Char; ALeft, ARight: TNode);
    destructor Destroy; override;
    function Value(Variables: TVariables): Double; override;
  end;

  TParser = class
  private
    FText: string;
    FAt: Integer;
    function Peek: Char;
    function Accept(const Signs: TSysCharSet; out Sign: Char): Boolean;
    function Atom: TNode;
    function Product: TNode;
  public
    constructor Create(const Text: string);
    function Sum: TNode;
    function AtEnd: Boolean;
  end;

constructor TNumber.Create(ANumber: Double);
begin
  Number := ANumber;
end;

function TNumber.Value(Variables: TVariables): Double;
begin
  Result := Number;
end;

constructor TVariable.Create(const AName: string);
begin
  Name := AName;
end;

function TVariable.Value(Variables: TVariables): Double;
begin
  if not Variables.TryGetData(Name, Result) then
    raise EExpression.CreateFmt('%s is not known', [Name]);
end;

constructor TOperation.Create(ASign: Char; ALeft, ARight: TNode);
begin
  Sign := ASign;
  Left := ALeft;
  Right := ARight;
end;

destructor TOperation.Destroy;
begin
  Left.Free;
  Right.Free;
  inherited;
end;

function TOperation.Value(Variables: TVariables): Double;
var
  A, B: Double;
begin
  A := Left.Value(Variables);
  B := Right.Value(Variables);
  case Sign of
    '+': Result := A + B;
    '-': Result := A - B;
    '*': Result := A * B;
    '/': Result := A / B;
    '^': Result := Power(A, B);
  end;
end;

constructor TParser.Create(const Text: string);
begin
  FText := Text;
  FAt := 1;
end;

function TParser.Peek: Char;
begin
  while (FAt <= Length(FText)) and (FText[FAt] = ' ') do
    Inc(FAt);
  if FAt <= Length(FText) then
    Result := FText[FAt]
  else
    Result := #0;
end;

function TParser.Accept(const Signs: TSysCharSet; out Sign: Char): Boolean;
begin
  Sign := Peek;
  Result := Sign in Signs;
  if Result then
    Inc(FAt);
end;

function TParser.Atom: TNode;
var
  Sign: Char;
  First: Integer;
begin
  if Accept(['('], Sign) then
  begin
    Result := Sum;
    if not Accept([')'], Sign) then
      raise EExpression.Create(') is missing');
  end
  else
  begin
    First := FAt;
    while (FAt <= Length(FText)) and (FText[FAt] in ['0'..'9', '.', 'a'..'z']) do
      Inc(FAt);
    if First = FAt then
      raise EExpression.CreateFmt('a value is missing at %d', [FAt]);
    if FText[First] in ['a'..'z'] then
      Result := TVariable.Create(Copy(FText, First, FAt - First))
    else
      Result := TNumber.Create(StrToFloat(Copy(FText, First, FAt - First)));
  end;
  if Accept(['^'], Sign) then
    Result := TOperation.Create(Sign, Result, Atom());
end;

function TParser.Product: TNode;
var
  Sign: Char;
begin
  Result := Atom;
  while Accept(['*', '/'], Sign) do
    Result := TOperation.Create(Sign, Result, Atom());
end;

function TParser.Sum: TNode;
var
  Sign: Char;
begin
  Result := Product;
  while Accept(['+', '-'], Sign) do
    Result := TOperation.Create(Sign, Result, Product);
end;

function TParser.AtEnd: Boolean;
begin
  Result := Peek = #0;
end;

var
  Variables: TVariables;
  Names: TStringList;
  Parser: TParser;
  Tree: TNode;
  Line, Name: string;
  Split, I: Integer;
begin
  Variables := TVariables.Create;
  while not EOF do
  begin
    ReadLn(Line);
    Split := Pos('=', Line);
    Name := Trim(Copy(Line, 1, Split - 1));
    Parser := TParser.Create(Copy(Line, Split + 1, Length(Line)));
    Tree := nil;
    try
      try
        Tree := Parser.Sum;
        if not Parser.AtEnd then
          raise EExpression.Create('the end is missing');
        Variables[Name] := Tree.Value(Variables);
        WriteLn(Format('%-8s%12.4f', [Name, Variables[Name]]));
      except
        on E: Exception do
          WriteLn(Name, ': ', E.ClassName, ': ', E.Message);
      end;
    finally
      Tree.Free;
      Parser.Free;
    end;
  end;

  Names := TStringList.Create;
  for I := 0 to Variables.Count - 1 do
    Names.Add(Variables.Keys[I]);
  Names.Sort;
  Names.Delimiter := ' ';
  WriteLn(Names.DelimitedText);
  Names.Free;
  Variables.Free;
end.
